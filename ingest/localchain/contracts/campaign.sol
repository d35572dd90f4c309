// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// What projects give to their users, and what these decide: the same for each wallet, however many one has.
contract Campaign {
    IERC20 public immutable token;
    uint256 public immutable share;
    address public immutable project = msg.sender;
    bool public closed;
    mapping(address => uint256) public visits;
    mapping(address => bool) public claimed;
    mapping(address => bool) public voted;
    mapping(uint256 => uint256) public votes;

    event Visited(address indexed user, uint256 visits);
    event Claimed(address indexed user, uint256 amount);
    event Voted(address indexed user, uint256 choice);

    /// Holds `token` units, which its project sends; each user may claim `share` of them.
    constructor(IERC20 token_, uint256 share_) {
        token = token_;
        share = share_;
    }

    /// A use of the project that makes eligible.
    function visit() external {
        visits[msg.sender] += 1;
        emit Visited(msg.sender, visits[msg.sender]);
    }

    function claim() external {
        require(!closed && visits[msg.sender] > 0 && !claimed[msg.sender], "not eligible");
        claimed[msg.sender] = true;
        require(token.transfer(msg.sender, share));
        emit Claimed(msg.sender, share);
    }

    function vote(uint256 choice) external {
        require(!closed && !voted[msg.sender], "no vote");
        voted[msg.sender] = true;
        votes[choice] += 1;
        emit Voted(msg.sender, choice);
    }

    /// The project ends it, and takes back what was not claimed.
    function close() external {
        require(msg.sender == project, "not the project");
        closed = true;
        require(token.transfer(project, token.balanceOf(address(this))));
    }
}
