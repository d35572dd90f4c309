// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/access/Ownable.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20FlashMint.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";

/// Nobody has a say in it.
contract PlainToken is ERC20, ERC20Burnable {
    constructor() ERC20("Plain", "PLN") {
        _mint(msg.sender, 1_000_000 ether);
    }
}

/// Its owner may stop it in an emergency.
contract PausableToken is ERC20Pausable, Ownable {
    constructor() ERC20("Pausable", "PAU") {
        _mint(msg.sender, 1_000_000 ether);
    }

    function pause() external onlyOwner {
        _pause();
    }

    function unpause() external onlyOwner {
        _unpause();
    }
}

/// Its owner mints up to a cap that everybody knows.
contract CappedToken is ERC20Capped, Ownable {
    constructor() ERC20("Capped", "CAP") ERC20Capped(2_000_000 ether) {
        ERC20._mint(msg.sender, 1_000_000 ether);
    }

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}

/// A tax on transfers that its owner sets, of five percent at most.
contract TaxedToken is ERC20, Ownable {
    uint256 public tax = 2;

    constructor() ERC20("Taxed", "TAX") {
        _mint(msg.sender, 1_000_000 ether);
    }

    function setTax(uint256 percent) external onlyOwner {
        require(percent <= 5, "more than five percent");
        tax = percent;
    }

    function _transfer(address from, address to, uint256 amount) internal override {
        uint256 taken = from == owner() || to == owner() ? 0 : (amount * tax) / 100;
        if (taken > 0) super._transfer(from, owner(), taken);
        super._transfer(from, to, amount - taken);
    }
}

/// As issuers of money must have it: single holders can be shut out.
contract ListedToken is ERC20, Ownable {
    mapping(address => bool) public isBlacklisted;

    constructor() ERC20("Listed", "LST") {
        _mint(msg.sender, 1_000_000 ether);
    }

    function blacklist(address holder) external onlyOwner {
        isBlacklisted[holder] = true;
    }

    function _beforeTokenTransfer(address from, address, uint256) internal view override {
        require(!isBlacklisted[from], "blacklisted");
    }
}

/// No more than a hundredth at once in the first hour, for everybody.
contract LaunchedToken is ERC20 {
    uint256 private immutable _until = block.timestamp + 1 hours;
    address private immutable _maker = msg.sender;

    constructor() ERC20("Launched", "LCH") {
        _mint(msg.sender, 1_000_000 ether);
    }

    function _beforeTokenTransfer(address from, address to, uint256 amount) internal view override {
        bool early = block.timestamp < _until && from != _maker && to != _maker;
        require(!early || amount <= totalSupply() / 100, "too much at once");
    }
}

/// Votes, and lends what does not exist until the transaction ends.
contract VotingToken is ERC20Votes, ERC20FlashMint {
    constructor() ERC20("Voting", "VOT") ERC20Permit("Voting") {
        _mint(msg.sender, 1_000_000 ether);
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._afterTokenTransfer(from, to, amount);
    }

    function _mint(address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._mint(to, amount);
    }

    function _burn(address from, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._burn(from, amount);
    }
}
