"""What is known of Chinese: numerals, dates, names of issuers and laws, kinds, places, figures, themes."""
