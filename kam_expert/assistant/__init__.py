"""What an assistant may ask and propose: a server of the Model Context Protocol.

The program calls no model and sends nothing. An assistant reads the account and the notes that a
person handed over; what it proposes waits in the inbox until a person accepts it.
"""
