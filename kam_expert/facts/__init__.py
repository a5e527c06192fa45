"""Input: the facts about one account, and how rules see them."""
