// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/interfaces/IERC3156.sol";
import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A treasury whose votes are whatever is locked in it right now. Two thirds of all tokens may hurry a proposal that
/// is a day old: what Beanstalk lost 182 million dollars by.
contract Commons {
    struct Proposal {
        address target;
        bytes data;
        uint256 time;
        uint256 votes;
        bool done;
    }

    uint256 public constant EMERGENCY_AGE = 1 days;
    IERC20 public immutable token;
    Proposal[] public proposals;
    mapping(address => uint256) public locked;
    mapping(uint256 => mapping(address => uint256)) public cast;

    event Locked(address indexed owner, uint256 amount);
    event Unlocked(address indexed owner, uint256 amount);
    event Proposed(uint256 indexed id, address indexed proposer, address target);
    event Voted(uint256 indexed id, address indexed voter, uint256 votes);
    event Executed(uint256 indexed id);

    constructor(IERC20 token_) {
        token = token_;
    }

    function lock(uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
        locked[msg.sender] += amount;
        emit Locked(msg.sender, amount);
    }

    function unlock(uint256 amount) external {
        locked[msg.sender] -= amount;
        token.transfer(msg.sender, amount);
        emit Unlocked(msg.sender, amount);
    }

    function propose(address target, bytes calldata data) external returns (uint256 id) {
        id = proposals.length;
        proposals.push(Proposal(target, data, block.timestamp, 0, false));
        emit Proposed(id, msg.sender, target);
    }

    function vote(uint256 id) external {
        uint256 more = locked[msg.sender] - cast[id][msg.sender];
        cast[id][msg.sender] += more;
        proposals[id].votes += more;
        emit Voted(id, msg.sender, more);
    }

    /// Runs the proposal's code in this contract's own name, with its money.
    function emergencyExecute(uint256 id) external {
        Proposal storage proposal = proposals[id];
        require(!proposal.done && block.timestamp >= proposal.time + EMERGENCY_AGE, "too early");
        require(proposal.votes * 3 >= token.totalSupply() * 2, "not two thirds");
        proposal.done = true;
        (bool ok, ) = proposal.target.delegatecall(proposal.data);
        require(ok, "failed");
        emit Executed(id);
    }

    receive() external payable {}
}

/// What a proposal can have the commons run: pay what it holds of each token, and of native value, to one address.
contract Spending {
    function spend(IERC20[] calldata tokens, address to, uint256 percent) external {
        for (uint256 i = 0; i < tokens.length; i++) {
            tokens[i].transfer(to, (tokens[i].balanceOf(address(this)) * percent) / 100);
        }
        (bool sent, ) = to.call{value: (address(this).balance * percent) / 100}("");
        require(sent, "not paid");
    }
}

/// Borrows the votes, casts them, has the proposal carried out and gives the votes back, all in one transaction.
contract FlashVoter is IERC3156FlashBorrower {
    address private immutable _owner = msg.sender;
    Commons private immutable _commons;
    IERC20 private immutable _token;

    constructor(Commons commons) {
        _commons = commons;
        _token = commons.token();
    }

    function strike(IERC3156FlashLender lender, uint256 amount, uint256 id) external {
        require(msg.sender == _owner, "not the owner");
        lender.flashLoan(this, address(_token), amount, abi.encode(id));
    }

    function onFlashLoan(address, address, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32)
    {
        uint256 id = abi.decode(data, (uint256));
        _token.approve(address(_commons), amount);
        _commons.lock(amount);
        _commons.vote(id);
        _commons.emergencyExecute(id);
        _commons.unlock(amount);
        _token.approve(msg.sender, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}
