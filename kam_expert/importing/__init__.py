"""Cases from what lies in other systems: tables and a mapping in, accounts with origins out."""
