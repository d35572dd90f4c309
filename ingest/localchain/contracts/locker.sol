// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Keeps tokens, mostly liquidity of a pool, until a day that their owner promised to others.
contract Locker {
    struct Lock {
        address owner;
        IERC20 token;
        uint256 amount;
        uint256 until;
    }

    Lock[] public locks;

    event Locked(uint256 indexed id, address indexed owner, address indexed token, uint256 amount, uint256 until);
    event Released(uint256 indexed id, address indexed owner, uint256 amount);

    function lock(IERC20 token, uint256 amount, uint256 until) external returns (uint256 id) {
        require(until > block.timestamp, "in the past");
        token.transferFrom(msg.sender, address(this), amount);
        id = locks.length;
        locks.push(Lock(msg.sender, token, amount, until));
        emit Locked(id, msg.sender, address(token), amount, until);
    }

    function release(uint256 id) external {
        Lock storage kept = locks[id];
        require(msg.sender == kept.owner, "not yours");
        require(block.timestamp >= kept.until, "still locked");
        uint256 amount = kept.amount;
        kept.amount = 0;
        kept.token.transfer(msg.sender, amount);
        emit Released(id, msg.sender, amount);
    }

    function count() external view returns (uint256) {
        return locks.length;
    }
}
