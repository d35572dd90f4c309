"""The book in forms that other systems read: STIX 2.1, and findings as Forta's bots write them."""
