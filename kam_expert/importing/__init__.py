"""Import accounts from the exports of other systems: tables and a mapping in, cases out."""
