// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/proxy/Clones.sol";

/// One person's contract wallet.
contract SmartWallet {
    address public owner;

    event Executed(address indexed to, uint256 value);

    function adopt(address owner_) external {
        require(owner == address(0), "has an owner");
        owner = owner_;
    }

    function execute(address to, uint256 value, bytes calldata data) external returns (bytes memory) {
        require(msg.sender == owner, "not the owner");
        (bool ok, bytes memory answer) = to.call{value: value}(data);
        require(ok, "failed");
        emit Executed(to, value);
        return answer;
    }

    receive() external payable {}
}

/// Makes wallets that share one code (EIP-1167).
contract WalletFactory {
    address public immutable code = address(new SmartWallet());

    event Made(address indexed wallet, address indexed owner);

    function make(address owner) external returns (address payable wallet) {
        wallet = payable(Clones.clone(code));
        SmartWallet(wallet).adopt(owner);
        emit Made(wallet, owner);
    }
}

/// A wallet of several owners: a payment happens when enough of them have confirmed it.
contract SharedWallet {
    struct Wish {
        address to;
        uint256 value;
        bytes data;
        uint256 confirmations;
    }

    address[] public owners;
    uint256 public immutable needed;
    mapping(address => bool) public isOwner;
    Wish[] public wishes;
    mapping(uint256 => mapping(address => bool)) public hasConfirmed;

    event Submitted(uint256 indexed id, address indexed owner);
    event Confirmed(uint256 indexed id, address indexed owner);
    event Executed(uint256 indexed id);

    constructor(address[] memory owners_, uint256 needed_) {
        owners = owners_;
        needed = needed_;
        for (uint256 i = 0; i < owners_.length; i++) isOwner[owners_[i]] = true;
    }

    function submit(address to, uint256 value, bytes calldata data) external returns (uint256 id) {
        id = wishes.length;
        wishes.push(Wish(to, value, data, 0));
        emit Submitted(id, msg.sender);
        confirm(id);
    }

    function confirm(uint256 id) public {
        require(isOwner[msg.sender] && !hasConfirmed[id][msg.sender], "no say, or said already");
        hasConfirmed[id][msg.sender] = true;
        Wish storage wish = wishes[id];
        wish.confirmations += 1;
        emit Confirmed(id, msg.sender);
        if (wish.confirmations == needed) {
            (bool ok, ) = wish.to.call{value: wish.value}(wish.data);
            require(ok, "failed");
            emit Executed(id);
        }
    }

    receive() external payable {}
}

/// Pays many at once, each in a call of itself, and returns what came back: honest code that is entered again.
contract Payroll {
    function batch(bytes[] calldata calls) external payable {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, ) = address(this).delegatecall(calls[i]);
            require(ok, "failed");
        }
        (bool returned, ) = msg.sender.call{value: address(this).balance}("");
        require(returned, "change not returned");
    }

    function pay(address payable to, uint256 amount) external payable {
        (bool ok, ) = to.call{value: amount}("");
        require(ok, "not paid");
    }

    receive() external payable {}
}

/// Somebody who gives a commission back to whoever pays, out of the payment itself.
contract Partner {
    address private immutable _owner = msg.sender;
    uint256 private immutable _percent;

    constructor(uint256 percent) {
        _percent = percent;
    }

    function collect() external {
        (bool ok, ) = _owner.call{value: address(this).balance}("");
        require(ok, "not collected");
    }

    receive() external payable {
        (bool ok, ) = msg.sender.call{value: (msg.value * _percent) / 100}("");
        require(ok, "no commission");
    }
}
