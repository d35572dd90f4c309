"""What a contract is able to do, found by trying it on a private fork: powers, attacks, features."""
