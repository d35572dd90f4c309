// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";

interface IPool {
    function sync() external;
}

/// Takes a share of every transfer for its treasury: who is sent a hundred receives less.
contract FeeToken is ERC20 {
    address public immutable treasury = msg.sender;
    uint256 public immutable feeBasisPoints;

    constructor(string memory name_, string memory symbol_, uint256 supply, uint256 feeBasisPoints_)
        ERC20(name_, symbol_)
    {
        feeBasisPoints = feeBasisPoints_;
        _mint(msg.sender, supply);
    }

    function _transfer(address from, address to, uint256 amount) internal override {
        uint256 fee = from == treasury || to == treasury ? 0 : (amount * feeBasisPoints) / 10_000;
        if (fee > 0) super._transfer(from, treasury, fee);
        super._transfer(from, to, amount - fee);
    }
}

/// Everybody's balance grows or shrinks at once, by one event and without a transfer (after Ampleforth).
contract RebasingToken is ERC20 {
    uint256 private constant _SHARES = type(uint192).max;

    address public immutable policy = msg.sender;
    uint256 public epoch;
    uint256 private _supply;
    mapping(address => uint256) private _shares;

    event LogRebase(uint256 indexed epoch, uint256 totalSupply);

    constructor(string memory name_, string memory symbol_, uint256 supply) ERC20(name_, symbol_) {
        _supply = supply;
        _shares[msg.sender] = _SHARES;
        emit Transfer(address(0), msg.sender, supply);
    }

    /// `basisPoints` of growth, below zero to shrink. The pools named are told of their new balance.
    function rebase(int256 basisPoints, IPool[] calldata pools) external {
        require(msg.sender == policy, "not the policy");
        _supply = (_supply * uint256(10_000 + basisPoints)) / 10_000;
        emit LogRebase(++epoch, _supply);
        for (uint256 i = 0; i < pools.length; i++) pools[i].sync();
    }

    function totalSupply() public view override returns (uint256) {
        return _supply;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return _shares[holder] / (_SHARES / _supply);
    }

    function _transfer(address from, address to, uint256 amount) internal override {
        uint256 moved = amount * (_SHARES / _supply);
        _shares[from] -= moved;
        _shares[to] += moved;
        emit Transfer(from, to, amount);
    }
}

/// A token that lives on another chain and is minted here by a bridge; its name and symbol are the original's.
contract BridgedToken is ERC20 {
    address public immutable bridge = msg.sender;
    address public immutable remoteToken;
    uint8 private immutable _decimals;

    event DepositFinalized(address indexed remoteToken, address indexed to, uint256 amount);
    event WithdrawalInitiated(address indexed remoteToken, address indexed from, uint256 amount);

    constructor(string memory name_, string memory symbol_, uint8 decimals_, address remoteToken_)
        ERC20(name_, symbol_)
    {
        _decimals = decimals_;
        remoteToken = remoteToken_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        require(msg.sender == bridge, "not the bridge");
        _mint(to, amount);
        emit DepositFinalized(remoteToken, to, amount);
    }

    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        emit WithdrawalInitiated(remoteToken, msg.sender, amount);
    }
}
