// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/governance/Governor.sol";
import "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";

/// A token that votes; all of it is its deployer's to hand out. Votes are counted at blocks or at times.
contract VoteToken is ERC20Votes {
    bool private immutable _byTime;

    constructor(string memory name_, string memory symbol_, uint256 supply, bool byTime)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        _byTime = byTime;
        _mint(msg.sender, supply);
    }

    function clock() public view override returns (uint48) {
        return _byTime ? uint48(block.timestamp) : uint48(block.number);
    }

    function CLOCK_MODE() public view override returns (string memory) {
        return _byTime ? "mode=timestamp" : "mode=blocknumber&from=default";
    }
}

/// OpenZeppelin's governor. What it decides is carried out by a timelock, which keeps the treasury.
contract Council is
    GovernorCountingSimple,
    GovernorSettings,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    constructor(IVotes votes, TimelockController keeper, uint256 delay, uint256 period, uint256 quorumPercent)
        Governor("Council")
        GovernorSettings(delay, period, 0)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(quorumPercent)
        GovernorTimelockControl(keeper)
    {}

    function votingDelay() public view override(IGovernor, GovernorSettings) returns (uint256) {
        return super.votingDelay();
    }

    function votingPeriod() public view override(IGovernor, GovernorSettings) returns (uint256) {
        return super.votingPeriod();
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(id);
    }

    function propose(address[] memory to, uint256[] memory value, bytes[] memory data, string memory why)
        public
        override(Governor, IGovernor)
        returns (uint256)
    {
        return super.propose(to, value, data, why);
    }

    function supportsInterface(bytes4 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.supportsInterface(id);
    }

    function _execute(uint256 id, address[] memory to, uint256[] memory value, bytes[] memory data, bytes32 why)
        internal
        override(Governor, GovernorTimelockControl)
    {
        super._execute(id, to, value, data, why);
    }

    function _cancel(address[] memory to, uint256[] memory value, bytes[] memory data, bytes32 why)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint256)
    {
        return super._cancel(to, value, data, why);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}

/// The weak sort: no timelock, so that what is decided can be carried out in the next block. It is its own treasury.
contract HastyCouncil is GovernorCountingSimple, GovernorSettings, GovernorVotesQuorumFraction {
    constructor(IVotes votes, uint256 delay, uint256 period, uint256 quorumPercent)
        Governor("Hasty Council")
        GovernorSettings(delay, period, 0)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(quorumPercent)
    {}

    function votingDelay() public view override(IGovernor, GovernorSettings) returns (uint256) {
        return super.votingDelay();
    }

    function votingPeriod() public view override(IGovernor, GovernorSettings) returns (uint256) {
        return super.votingPeriod();
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }
}
