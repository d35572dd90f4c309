// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./bank.sol";
import "./guard.sol";
import "./risk_limit.sol";

/// What a vault asks before it pays: is it paused, and is this window's limit used up. Until `protect` it asks nobody.
abstract contract Guarded {
    address public immutable keeper = msg.sender;
    Guard public guard;
    RiskLimit public riskLimit;
    uint256 public withdrawn;
    uint256 private _window;

    event Protected(Guard guard, RiskLimit riskLimit);

    error NotTheKeeper(address sender);
    error ProtectedAlready();
    error VaultPaused(uint64 until);
    error AboveTheLimit(uint256 withdrawn, uint256 limit);

    modifier whileOpen() {
        if (address(guard) != address(0) && guard.isPaused(address(this))) {
            revert VaultPaused(guard.pausedUntil(address(this)));
        }
        _;
    }

    /// Once, by whoever made it; either may be none.
    function protect(Guard guard_, RiskLimit riskLimit_) external {
        if (msg.sender != keeper) revert NotTheKeeper(msg.sender);
        if (address(guard) != address(0) || address(riskLimit) != address(0)) revert ProtectedAlready();
        (guard, riskLimit) = (guard_, riskLimit_);
        emit Protected(guard_, riskLimit_);
    }

    /// Windows follow each other on the clock: across the end of one, twice the limit can leave.
    function _spend(uint256 amount) internal {
        if (address(riskLimit) == address(0)) return;
        (,,, uint32 length,,,,) = riskLimit.scale();
        uint256 window = block.timestamp / length;
        if (window != _window) (_window, withdrawn) = (window, 0);
        withdrawn += amount;
        if (withdrawn > riskLimit.limit()) revert AboveTheLimit(withdrawn, riskLimit.limit());
    }
}

/// The demo's vault: `TokenBank` under a guard. It pays before it books, as the one without.
contract GuardedBank is Guarded {
    IERC20 public immutable token;
    mapping(address => uint256) public balances;

    event Deposited(address indexed owner, uint256 amount);
    event Withdrawn(address indexed owner, uint256 amount);

    constructor(IERC20 token_) {
        token = token_;
    }

    function deposit(uint256 amount) external whileOpen {
        token.transferFrom(msg.sender, address(this), amount);
        balances[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
    }

    function withdraw(uint256 amount) external whileOpen {
        uint256 left = balances[msg.sender] - amount;
        _spend(amount);
        token.transfer(msg.sender, amount);
        balances[msg.sender] = left;
        emit Withdrawn(msg.sender, amount);
    }
}
