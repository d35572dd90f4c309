// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/interfaces/IERC3156.sol";
import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// What an inspection acts through: it does what its owner says, keeps what it gets, and answers whoever calls it
/// by calls that were laid ready.
contract Probe is IERC3156FlashBorrower {
    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    uint256 private constant _ENOUGH_GAS = 50_000;
    address private immutable _owner = msg.sender;
    Call[] private _answer;
    uint256 private _left;

    modifier onlyOwner() {
        require(msg.sender == _owner, "not the owner");
        _;
    }

    function act(address to, uint256 value, bytes calldata data) external payable onlyOwner {
        _act(Call(to, value, data));
    }

    /// The next `times` calls of others are answered by these, whether they succeed or not.
    function lay(Call[] calldata answer, uint256 times) external onlyOwner {
        delete _answer;
        for (uint256 i = 0; i < answer.length; i++) _answer.push(answer[i]);
        _left = times;
    }

    /// Makes all calls with a loan of `amount`, in one transaction.
    function borrow(IERC3156FlashLender lender, address token, uint256 amount, Call[] calldata calls)
        external
        onlyOwner
    {
        lender.flashLoan(this, token, amount, abi.encode(calls));
    }

    function onFlashLoan(address starter, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32)
    {
        require(starter == address(this), "not mine");
        Call[] memory calls = abi.decode(data, (Call[]));
        for (uint256 i = 0; i < calls.length; i++) _act(calls[i]);
        IERC20(token).approve(msg.sender, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }

    function _act(Call memory call) private {
        (bool ok, ) = call.to.call{value: call.value}(call.data);
        require(ok, "failed");
    }

    function _reply() private {
        if (gasleft() <= _ENOUGH_GAS || _left == 0) return;
        _left -= 1;
        for (uint256 i = 0; i < _answer.length; i++) {
            (bool ok, ) = _answer[i].to.call{value: _answer[i].value}(_answer[i].data);
            ok;
        }
    }

    fallback() external payable {
        _reply();
        bytes32 selector = msg.sig;
        assembly {
            mstore(0, selector)
            return(0, 32)
        }
    }

    receive() external payable {
        _reply();
    }
}
