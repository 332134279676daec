"""A document, or a place in it → the forms in which it is cited (`citation.cite`), and quotations that can be checked
later (`quotation.check`).
"""
