// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./flash.sol";

/// Keeps money, buys a token just before others do, and sells all of it just after.
contract SandwichBot is Swapper {
    IERC20 private immutable _money;

    constructor(IERC20 money) {
        _money = money;
    }

    function front(Pair pair, uint256 amount) external onlyOwner {
        _swap(pair, _money, amount);
    }

    function back(Pair pair) external onlyOwner {
        IERC20 token = pair.token0() == _money ? pair.token1() : pair.token0();
        _swap(pair, token, token.balanceOf(address(this)));
    }

    function collect() external onlyOwner {
        _keep(_money, 0);
    }
}
