// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Pays whoever came first out of what later ones pay in; the operator takes a fee of every deposit.
contract Queue {
    address payable private immutable _operator = payable(msg.sender);
    uint256 private immutable _percent;
    uint256 private immutable _feePercent;
    address payable[] private _waiting;
    uint256[] private _owed;
    uint256 private _next;
    mapping(address => uint256) public paid;

    event Deposit(address indexed investor, uint256 amount);
    event Payout(address indexed investor, uint256 amount);

    constructor(uint256 percent, uint256 feePercent) {
        _percent = percent;
        _feePercent = feePercent;
    }

    function invest() external payable {
        emit Deposit(msg.sender, msg.value);
        _waiting.push(payable(msg.sender));
        _owed.push((msg.value * _percent) / 100);
        _operator.transfer((msg.value * _feePercent) / 100);
        while (_next < _owed.length && _owed[_next] <= address(this).balance) {
            uint256 amount = _owed[_next];
            address payable to = _waiting[_next];
            _next++;
            paid[to] += amount;
            to.transfer(amount);
            emit Payout(to, amount);
        }
    }

    function leave() external {
        require(msg.sender == _operator, "not yours");
        _operator.transfer(address(this).balance);
    }
}

/// An "investment plan" in a token: daily interest that is nothing but the deposits of others.
contract Plan {
    address private immutable _operator = msg.sender;
    IERC20 private immutable _token;
    event Deposit(address indexed investor, uint256 amount);
    event Interest(address indexed investor, uint256 amount);

    constructor(IERC20 token) {
        _token = token;
    }

    function invest(uint256 amount) external {
        _token.transferFrom(msg.sender, address(this), amount);
        emit Deposit(msg.sender, amount);
    }

    function pay(address[] calldata investors, uint256[] calldata amounts) external {
        require(msg.sender == _operator, "not yours");
        for (uint256 i = 0; i < investors.length; i++) {
            _token.transfer(investors[i], amounts[i]);
            emit Interest(investors[i], amounts[i]);
        }
    }

    function leave() external {
        require(msg.sender == _operator, "not yours");
        _token.transfer(_operator, _token.balanceOf(address(this)));
    }
}
