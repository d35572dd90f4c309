// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A pool of one denomination with the interface and the events of Tornado Cash. In place of a zero-knowledge
/// proof a withdrawal shows the note itself; who looks at events alone sees what Tornado would show.
contract Mixer {
    uint256 public immutable denomination;
    uint32 public nextIndex;
    mapping(bytes32 => bool) public commitments;
    mapping(bytes32 => bool) public nullifierHashes;

    event Deposit(bytes32 indexed commitment, uint32 leafIndex, uint256 timestamp);
    event Withdrawal(address to, bytes32 nullifierHash, address indexed relayer, uint256 fee);

    constructor(uint256 denomination_) {
        denomination = denomination_;
    }

    /// `commitment`: keccak-256 of the note's nullifier and secret.
    function deposit(bytes32 commitment) external payable {
        require(!commitments[commitment], "The commitment has been submitted");
        require(msg.value == denomination, "Please send `mixDenomination` ETH along with transaction");
        commitments[commitment] = true;
        emit Deposit(commitment, nextIndex++, block.timestamp);
    }

    /// `proof`: nullifier and secret, 64 bytes. The root of a Merkle tree, second, is not needed here.
    function withdraw(
        bytes calldata proof,
        bytes32,
        bytes32 nullifierHash,
        address payable recipient,
        address payable relayer,
        uint256 fee,
        uint256 refund
    ) external payable {
        require(fee <= denomination, "Fee exceeds transfer value");
        require(!nullifierHashes[nullifierHash], "The note has been already spent");
        require(proof.length == 64 && commitments[keccak256(proof)], "Invalid withdraw proof");
        require(keccak256(proof[:32]) == nullifierHash, "Invalid withdraw proof");
        require(refund == 0 && msg.value == 0, "Refund value is supposed to be zero for ETH instance");
        nullifierHashes[nullifierHash] = true;
        (bool paid, ) = recipient.call{value: denomination - fee}("");
        require(paid, "payment to recipient did not go thru");
        if (fee > 0) {
            (paid, ) = relayer.call{value: fee}("");
            require(paid, "payment to relayer did not go thru");
        }
        emit Withdrawal(recipient, nullifierHash, relayer, fee);
    }
}
