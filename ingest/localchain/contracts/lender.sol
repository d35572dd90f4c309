// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/interfaces/IERC3156.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// Lends any token that somebody has supplied, for one transaction (ERC-3156). The fee goes to the suppliers' pot.
contract FlashLender is IERC3156FlashLender {
    using SafeERC20 for IERC20;

    bytes32 private constant _DONE = keccak256("ERC3156FlashBorrower.onFlashLoan");
    uint256 public constant FEE_BASIS_POINTS = 5;
    mapping(address => mapping(address => uint256)) public supplied;

    event Supplied(address indexed token, address indexed supplier, uint256 amount);
    event Returned(address indexed token, address indexed supplier, uint256 amount);
    event FlashLoan(address indexed receiver, address indexed token, uint256 amount, uint256 fee);

    function supply(IERC20 token, uint256 amount) external {
        token.safeTransferFrom(msg.sender, address(this), amount);
        supplied[address(token)][msg.sender] += amount;
        emit Supplied(address(token), msg.sender, amount);
    }

    function takeBack(IERC20 token, uint256 amount) external {
        supplied[address(token)][msg.sender] -= amount;
        token.safeTransfer(msg.sender, amount);
        emit Returned(address(token), msg.sender, amount);
    }

    function maxFlashLoan(address token) external view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function flashFee(address, uint256 amount) public pure returns (uint256) {
        return (amount * FEE_BASIS_POINTS) / 10_000;
    }

    function flashLoan(IERC3156FlashBorrower receiver, address token, uint256 amount, bytes calldata data)
        external
        returns (bool)
    {
        uint256 fee = flashFee(token, amount);
        IERC20(token).safeTransfer(address(receiver), amount);
        require(receiver.onFlashLoan(msg.sender, token, amount, fee, data) == _DONE, "not accepted");
        IERC20(token).safeTransferFrom(address(receiver), address(this), amount + fee);
        emit FlashLoan(address(receiver), token, amount, fee);
        return true;
    }
}

/// Moves its owner's savings from one vault to another with a flash loan: in by the loan, out, and the loan repaid.
contract Mover is IERC3156FlashBorrower {
    address private immutable _owner = msg.sender;
    IERC3156FlashLender private immutable _lender;

    constructor(IERC3156FlashLender lender) {
        _lender = lender;
    }

    /// The owner has approved this contract for the shares of `from`, and for the fee in the asset.
    function move(ERC4626 from, ERC4626 to, uint256 assets) external {
        require(msg.sender == _owner, "not the owner");
        _lender.flashLoan(this, from.asset(), assets, abi.encode(from, to));
    }

    function onFlashLoan(address, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32)
    {
        require(msg.sender == address(_lender), "not the lender");
        (ERC4626 from, ERC4626 to) = abi.decode(data, (ERC4626, ERC4626));
        IERC20(token).approve(address(to), amount);
        to.deposit(amount, _owner);
        from.withdraw(amount, address(this), _owner);
        IERC20(token).transferFrom(_owner, address(this), fee);
        IERC20(token).approve(address(_lender), amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}
