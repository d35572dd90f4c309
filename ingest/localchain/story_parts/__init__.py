"""The building blocks of stories: what attackers, victims and honest people have in common."""
