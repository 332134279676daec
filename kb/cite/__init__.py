"""A document, or a place in it → the forms in which it is cited, and quotations that can be checked later."""

from kb.cite.citation import FORMS, Citation, Form, cite
from kb.cite.passage import Passage, locate
from kb.cite.quotation import Seal, Verdict, check

__all__ = ["FORMS", "Citation", "Form", "Passage", "Seal", "Verdict", "check", "cite", "locate"]
