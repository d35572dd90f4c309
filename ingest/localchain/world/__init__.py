"""What is there before anybody acts: the contracts, the people, their money, the clock."""
