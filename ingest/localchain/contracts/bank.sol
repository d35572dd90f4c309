// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// How a bank pays out: money first and books later, the same with `withdraw` locked, or books first.
enum Care {
    None,
    OneFunction,
    BooksFirst
}

/// Keeps native value. Whoever withdraws is called before the books are changed, unless it is careful.
contract Bank {
    mapping(address => uint256) public balances;
    Care private immutable _care;
    bool private _inside;

    event Deposited(address indexed owner, uint256 amount);
    event Withdrawn(address indexed owner, uint256 amount);
    event Moved(address indexed from, address indexed to, uint256 amount);

    constructor(Care care) {
        _care = care;
    }

    function deposit() external payable {
        balances[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        require(!_inside, "withdraw was entered again");
        _inside = _care == Care.OneFunction;
        uint256 left = balances[msg.sender] - amount;
        if (_care == Care.BooksFirst) balances[msg.sender] = left;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "not paid out");
        if (_care != Care.BooksFirst) balances[msg.sender] = left;
        emit Withdrawn(msg.sender, amount);
        _inside = false;
    }

    function move(address to, uint256 amount) external {
        balances[msg.sender] -= amount;
        balances[to] += amount;
        emit Moved(msg.sender, to, amount);
    }
}

interface Hook {
    function tokensReceived(address, address from, address to, uint256 amount, bytes calldata, bytes calldata)
        external;
}

/// Wraps a token one for one and, as ERC-777 does, calls the receiver where the receiver has asked for it.
contract HookToken is ERC20 {
    IERC20 public immutable underlying;
    mapping(address => bool) public hasHook;

    constructor(IERC20 underlying_, string memory name_, string memory symbol_) ERC20(name_, symbol_) {
        underlying = underlying_;
    }

    function decimals() public view override returns (uint8) {
        return ERC20(address(underlying)).decimals();
    }

    function useHook(bool wanted) external {
        hasHook[msg.sender] = wanted;
    }

    function wrap(uint256 amount) external {
        underlying.transferFrom(msg.sender, address(this), amount);
        _mint(msg.sender, amount);
    }

    function unwrap(uint256 amount) external {
        _burn(msg.sender, amount);
        underlying.transfer(msg.sender, amount);
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (hasHook[to]) Hook(to).tokensReceived(msg.sender, from, to, amount, "", "");
    }
}

/// Keeps one token, with the same carelessness: harmless for plain tokens, not for those that call back.
contract TokenBank {
    IERC20 public immutable token;
    mapping(address => uint256) public balances;
    Care private immutable _care;
    bool private _inside;

    event Deposited(address indexed owner, uint256 amount);
    event Withdrawn(address indexed owner, uint256 amount);

    constructor(IERC20 token_, Care care) {
        token = token_;
        _care = care;
    }

    function deposit(uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
        balances[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
    }

    function withdraw(uint256 amount) external {
        require(!_inside, "withdraw was entered again");
        _inside = _care == Care.OneFunction;
        uint256 left = balances[msg.sender] - amount;
        if (_care == Care.BooksFirst) balances[msg.sender] = left;
        token.transfer(msg.sender, amount);
        if (_care != Care.BooksFirst) balances[msg.sender] = left;
        emit Withdrawn(msg.sender, amount);
        _inside = false;
    }
}

/// A wallet that puts a share of every withdrawal straight back into its (careful) bank: entered again, no loss.
contract Saver {
    address private immutable _owner = msg.sender;
    Bank private immutable _bank;
    uint256 private immutable _percent;

    constructor(Bank bank, uint256 percent) {
        _bank = bank;
        _percent = percent;
    }

    function save() external payable {
        _bank.deposit{value: msg.value}();
    }

    function take(uint256 amount) external {
        require(msg.sender == _owner, "not the owner");
        _bank.withdraw(amount);
        (bool sent, ) = _owner.call{value: address(this).balance}("");
        require(sent, "not paid out");
    }

    receive() external payable {
        if (msg.sender == address(_bank)) _bank.deposit{value: (msg.value * _percent) / 100}();
    }
}

/// The same for a token that calls its receiver.
contract TokenSaver is Hook {
    address private immutable _owner = msg.sender;
    TokenBank private immutable _bank;
    HookToken private immutable _token;
    uint256 private immutable _percent;

    constructor(TokenBank bank, HookToken token, uint256 percent) {
        (_bank, _token, _percent) = (bank, token, percent);
        token.useHook(true);
        token.approve(address(bank), type(uint256).max);
    }

    function save(uint256 amount) external {
        _bank.deposit(amount);
    }

    function take(uint256 amount) external {
        require(msg.sender == _owner, "not the owner");
        _bank.withdraw(amount);
        _token.transfer(_owner, _token.balanceOf(address(this)));
    }

    function tokensReceived(address, address from, address, uint256 amount, bytes calldata, bytes calldata)
        external
    {
        if (from == address(_bank)) _bank.deposit((amount * _percent) / 100);
    }
}
