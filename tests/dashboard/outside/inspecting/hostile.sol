// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Never comes to an end of being made.
contract Endless {
    constructor() {
        while (true) {}
    }
}

/// Is gone before it is there.
contract StillBorn {
    constructor() {
        assembly {
            return(0, 0)
        }
    }
}

/// Destroys itself while it is made.
contract Suicidal {
    constructor() {
        selfdestruct(payable(msg.sender));
    }
}

/// Answers everything with as much as gas can pay for, and pretends to be a token.
contract ReturnsBomb {
    fallback() external payable {
        assembly {
            return(0, 1500000)
        }
    }
}

/// Fails at everything, at great length.
contract RevertsBomb {
    fallback() external payable {
        assembly {
            revert(0, 1500000)
        }
    }
}

/// Uses up whatever gas it is given.
contract GasEater {
    function balanceOf(address) external view returns (uint256) {
        while (gasleft() > 1000) {}
        return 1;
    }

    function totalSupply() external view returns (uint256) {
        while (gasleft() > 1000) {}
        return 1;
    }

    function deposit() external payable {
        while (true) {}
    }
}

/// A careless bank.
contract Bank {
    mapping(address => uint256) public balances;

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external {
        uint256 left = balances[msg.sender] - amount;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "not paid out");
        balances[msg.sender] = left;
    }
}

/// A careless one that is not made with any number.
contract PickyBank is Bank {
    constructor(uint256 number) {
        require(number == 18, "another number");
    }
}

/// Wants more than anybody has to say.
contract Glutton {
    constructor(uint256[2000] memory numbers) {
        numbers;
    }

    function eat(uint256[10000000][2] calldata numbers) external pure {
        numbers;
    }
}

/// A careful one.
contract CarefulBank {
    mapping(address => uint256) public balances;

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external {
        balances[msg.sender] -= amount;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "not paid out");
    }
}

interface OnlyWords {
    function nothing() external;
}
