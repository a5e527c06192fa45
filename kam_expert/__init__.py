"""kam-expert: explains the state of the relationship with a key customer, and the next step.

The folders read in the order of the work: ``knowledge`` (what the rules know), ``facts``
(what we are told about an account), ``engines`` (how rules are applied), ``diagnosis``
(what came out), ``outputs`` (how it is shown).
"""

__version__ = "0.1.0"
