// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

interface Pair {
    function token0() external view returns (IERC20);
    function token1() external view returns (IERC20);
    function getReserves() external view returns (uint112, uint112, uint32);
    function swap(uint256 out0, uint256 out1, address to, bytes calldata data) external;
}

/// Values one token of a Uniswap V2 pool in the other by the pool's reserves of this moment, which whoever
/// swaps can push. A careful one refuses where they are far from the price that its keeper saw last.
abstract contract SpotPriced {
    Pair public immutable pair;
    IERC20 public immutable money;
    IERC20 public immutable token;
    uint256 public immutable tolerance;
    address public immutable keeper = msg.sender;
    uint256 public seen;

    event Seen(uint256 price);

    /// `tolerance_` is in percent of the price that was seen last; none where it is zero.
    constructor(Pair pair_, IERC20 money_, uint256 tolerance_) {
        (pair, money, tolerance) = (pair_, money_, tolerance_);
        token = pair_.token0() == money_ ? pair_.token1() : pair_.token0();
        seen = _spot();
    }

    function look() external {
        require(msg.sender == keeper, "not the keeper");
        seen = _spot();
        emit Seen(seen);
    }

    /// What so many units of the token are worth in units of the money.
    function worth(uint256 amount) public view returns (uint256) {
        uint256 price = _spot();
        uint256 off = price > seen ? price - seen : seen - price;
        require(tolerance == 0 || off * 100 <= seen * tolerance, "the price has moved too far");
        return (amount * price) / 1e27;
    }

    function _spot() private view returns (uint256) {
        (uint256 reserve0, uint256 reserve1, ) = pair.getReserves();
        return pair.token0() == money ? (reserve0 * 1e27) / reserve1 : (reserve1 * 1e27) / reserve0;
    }
}

/// Lends the money against the token. Without interest, as that would add nothing to what it is here for.
contract SpotLender is SpotPriced {
    using SafeERC20 for IERC20;

    uint256 public constant BONUS_PERCENT = 10;
    uint256 public immutable loanToValue;
    uint256 public immutable threshold;
    mapping(address => uint256) public supplied;
    mapping(address => uint256) public deposited;
    mapping(address => uint256) public owed;

    event Supplied(address indexed lender, uint256 amount);
    event Withdrawn(address indexed lender, uint256 amount);
    event Deposited(address indexed borrower, uint256 amount);
    event Released(address indexed borrower, uint256 amount);
    event Borrowed(address indexed borrower, uint256 amount);
    event Repaid(address indexed borrower, address indexed payer, uint256 amount);
    event Liquidated(address indexed borrower, address indexed liquidator, uint256 repaid, uint256 seized);

    /// What may be borrowed, and the debt from which on anybody may liquidate, in percent of the collateral.
    constructor(Pair pair_, IERC20 money_, uint256 tolerance_, uint256 loanToValue_, uint256 threshold_)
        SpotPriced(pair_, money_, tolerance_)
    {
        (loanToValue, threshold) = (loanToValue_, threshold_);
    }

    function supply(uint256 amount) external {
        money.safeTransferFrom(msg.sender, address(this), amount);
        supplied[msg.sender] += amount;
        emit Supplied(msg.sender, amount);
    }

    function withdraw(uint256 amount) external {
        supplied[msg.sender] -= amount;
        money.safeTransfer(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function deposit(uint256 amount) external {
        token.safeTransferFrom(msg.sender, address(this), amount);
        deposited[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
    }

    function release(uint256 amount) external {
        deposited[msg.sender] -= amount;
        _requireCovered(msg.sender, loanToValue);
        token.safeTransfer(msg.sender, amount);
        emit Released(msg.sender, amount);
    }

    function borrow(uint256 amount) external {
        owed[msg.sender] += amount;
        _requireCovered(msg.sender, loanToValue);
        money.safeTransfer(msg.sender, amount);
        emit Borrowed(msg.sender, amount);
    }

    function repay(uint256 amount) external {
        money.safeTransferFrom(msg.sender, address(this), amount);
        owed[msg.sender] -= amount;
        emit Repaid(msg.sender, msg.sender, amount);
    }

    /// Pays the debt of one whose collateral is worth too little, for collateral worth a tenth more.
    function liquidate(address borrower) external {
        uint256 debt = owed[borrower];
        require(debt * 100 > worth(deposited[borrower]) * threshold, "well covered");
        uint256 all = deposited[borrower];
        uint256 seized = (all * debt * (100 + BONUS_PERCENT)) / (worth(all) * 100);
        if (seized > all) seized = all;
        (owed[borrower], deposited[borrower]) = (0, all - seized);
        money.safeTransferFrom(msg.sender, address(this), debt);
        token.safeTransfer(msg.sender, seized);
        emit Liquidated(borrower, msg.sender, debt, seized);
    }

    function _requireCovered(address borrower, uint256 percent) private view {
        if (owed[borrower] == 0) return;
        require(owed[borrower] * 100 <= worth(deposited[borrower]) * percent, "not enough collateral");
    }
}

/// Holds money and token for its members, who come and go in money at what a share is worth at the moment.
contract SpotVault is SpotPriced {
    using SafeERC20 for IERC20;

    uint256 public shares;
    mapping(address => uint256) public sharesOf;

    event Joined(address indexed member, uint256 amount, uint256 shares);
    event Left(address indexed member, uint256 amount, uint256 shares);

    constructor(Pair pair_, IERC20 money_, uint256 tolerance_) SpotPriced(pair_, money_, tolerance_) {}

    function total() public view returns (uint256) {
        return money.balanceOf(address(this)) + worth(token.balanceOf(address(this)));
    }

    function join(uint256 amount) external {
        uint256 made = shares == 0 ? amount : (amount * shares) / total();
        money.safeTransferFrom(msg.sender, address(this), amount);
        (shares, sharesOf[msg.sender]) = (shares + made, sharesOf[msg.sender] + made);
        emit Joined(msg.sender, amount, made);
    }

    function leave(uint256 amount) external {
        uint256 paid = (total() * amount) / shares;
        (shares, sharesOf[msg.sender]) = (shares - amount, sharesOf[msg.sender] - amount);
        money.safeTransfer(msg.sender, paid);
        emit Left(msg.sender, paid, amount);
    }
}
