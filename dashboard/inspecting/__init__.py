"""What a contract is able to do, found by trying it on a private fork: owner powers, attacks, features of code."""
