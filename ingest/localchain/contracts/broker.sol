// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./flash.sol";

/// Evens out two pools of the same pair, Uniswap V2 and V3, with its own money or with a flash loan.
contract Arbitrage is Flash {
    RouterV3 private immutable _router;
    IERC20 private immutable _money;

    struct Trade {
        Pair pair;
        uint24 fee;
        bool v2First;
    }

    Trade private _trade;

    constructor(RouterV3 router, IERC20 money) {
        (_router, _money) = (router, money);
    }

    /// Money in, token, money out; both on the contract. Reverts where it brings less than `least` more.
    function trade(Trade calldata wanted, uint256 amount, uint256 least) external onlyOwner {
        uint256 before = _money.balanceOf(address(this));
        _trade = wanted;
        _use(_money, amount, 0);
        require(_money.balanceOf(address(this)) >= before + least, "not worth it");
    }

    function tradeOnLoan(Source source, address lender, Trade calldata wanted, uint256 amount, uint256 least)
        external
        onlyOwner
    {
        uint256 before = _money.balanceOf(address(this));
        _trade = wanted;
        _borrow(source, lender, _money, amount);
        require(_money.balanceOf(address(this)) >= before + least, "not worth it");
    }

    /// Three V2 pools round: money, one token, another, money. The first and the last hold the money.
    function round(Pair[3] calldata pairs, IERC20 one, IERC20 other, uint256 amount, uint256 least)
        external
        onlyOwner
    {
        uint256 got = _swap(pairs[1], one, _swap(pairs[0], _money, amount));
        require(_swap(pairs[2], other, got) >= amount + least, "not worth it");
    }

    function collect() external onlyOwner {
        _keep(_money, 0);
    }

    function _use(IERC20 money, uint256 amount, uint256) internal override {
        Trade memory now_ = _trade;
        IERC20 token = now_.pair.token0() == money ? now_.pair.token1() : now_.pair.token0();
        if (now_.v2First) {
            _swapV3(_router, token, money, now_.fee, _swap(now_.pair, money, amount));
        } else {
            _swap(now_.pair, token, _swapV3(_router, money, token, now_.fee, amount));
        }
    }
}

/// Pays what somebody owes to Aave with a flash loan, for collateral that it sells at once.
contract Liquidator is Flash {
    AavePool private immutable _pool;
    IERC20 private immutable _collateral;
    Pair private immutable _market;
    address private _borrower;

    /// `market` trades the collateral for what is owed.
    constructor(AavePool pool, IERC20 collateral, Pair market) {
        (_pool, _collateral, _market) = (pool, collateral, market);
    }

    function run(Source source, address lender, IERC20 debt, address borrower, uint256 amount) external onlyOwner {
        _borrower = borrower;
        _borrow(source, lender, debt, amount);
        _keep(debt, 0);
    }

    function _use(IERC20 debt, uint256 amount, uint256) internal override {
        _allow(debt, address(_pool), amount);
        _pool.liquidationCall(address(_collateral), address(debt), _borrower, amount, false);
        _swap(_market, _collateral, _collateral.balanceOf(address(this)));
    }
}

/// Changes what its owner has supplied to Aave: the new asset is lent in a flash, supplied, and paid with the old.
contract CollateralSwap is Flash {
    AavePool private immutable _pool;
    Pair private immutable _market;

    /// `market` trades the old collateral for the new one.
    constructor(AavePool pool, Pair market) {
        (_pool, _market) = (pool, market);
    }

    /// The owner has approved `receipt`, Aave's token for the old asset.
    function run(Source source, address lender, IERC20 old, IERC20 receipt, IERC20 new_, uint256 amount)
        external
        onlyOwner
    {
        (_old, _receipt) = (old, receipt);
        _borrow(source, lender, new_, amount);
        _keep(new_, 0);
    }

    IERC20 private _old;
    IERC20 private _receipt;

    function _use(IERC20 new_, uint256 amount, uint256) internal override {
        _allow(new_, address(_pool), amount);
        _pool.supply(address(new_), amount, _owner, 0);
        uint256 all = _receipt.balanceOf(_owner);
        _receipt.transferFrom(_owner, address(this), all);
        _swap(_market, _old, _pool.withdraw(address(_old), type(uint256).max, address(this)));
    }
}

/// Changes what its owner owes to Aave from one coin to another: borrows the new one in the owner's name.
contract Refinance is Flash {
    AavePool private immutable _pool;
    Pair private immutable _market;
    IERC20 private immutable _new;

    /// `market` trades the old coin for the new one. The owner has delegated credit in the new coin.
    constructor(AavePool pool, Pair market, IERC20 new_) {
        (_pool, _market, _new) = (pool, market, new_);
    }

    /// Pays `amount` of `old` back, and borrows up to `most` of the new coin for it.
    function run(Source source, address lender, IERC20 old, uint256 amount, uint256 most) external onlyOwner {
        _most = most;
        _borrow(source, lender, old, amount);
        _keep(old, 0);
        _keep(_new, 0);
    }

    uint256 private _most;

    function _use(IERC20 old, uint256 amount, uint256) internal override {
        _allow(old, address(_pool), amount);
        _pool.repay(address(old), amount, 2, _owner);
        _pool.borrow(address(_new), _most, 2, 0, _owner);
        _swap(_market, _new, _new.balanceOf(address(this)));
    }
}
