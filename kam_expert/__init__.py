"""kam-expert: diagnoses the relationship with a key customer and plans the next steps.

The packages in the order of the data flow: ``knowledge`` (rules), ``facts`` (an account),
``engines`` (application of the rules), ``results`` (the diagnosis), ``outputs`` (its presentation).
"""

__version__ = "1.0.0"
