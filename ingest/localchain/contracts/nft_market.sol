// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// Fixed-price listings of ERC-721 tokens, paid in native value or WETH; the market keeps a fee of the price.
contract NftMarket {
    struct Listing {
        address seller;
        uint256 price;
        bool inWeth;
    }

    IERC20 public immutable weth;
    address payable public immutable treasury;
    uint256 public immutable feeBps;
    mapping(address => mapping(uint256 => Listing)) public listings;

    event Listed(address indexed collection, uint256 indexed tokenId, address indexed seller, uint256 price, bool inWeth);
    event Cancelled(address indexed collection, uint256 indexed tokenId, address indexed seller);
    event Sold(
        address indexed collection,
        uint256 indexed tokenId,
        address indexed seller,
        address buyer,
        uint256 price,
        bool inWeth
    );

    constructor(IERC20 weth_, address payable treasury_, uint256 feeBps_) {
        weth = weth_;
        treasury = treasury_;
        feeBps = feeBps_;
    }

    /// The seller keeps the token until it is sold, and must have approved the market for it.
    function list(IERC721 collection, uint256 tokenId, uint256 price, bool inWeth) external {
        require(collection.ownerOf(tokenId) == msg.sender, "not yours");
        listings[address(collection)][tokenId] = Listing(msg.sender, price, inWeth);
        emit Listed(address(collection), tokenId, msg.sender, price, inWeth);
    }

    function cancel(IERC721 collection, uint256 tokenId) external {
        require(listings[address(collection)][tokenId].seller == msg.sender, "not yours");
        delete listings[address(collection)][tokenId];
        emit Cancelled(address(collection), tokenId, msg.sender);
    }

    /// At the listed price exactly; with WETH the buyer must have approved the market.
    function buy(IERC721 collection, uint256 tokenId) external payable {
        Listing memory offer = listings[address(collection)][tokenId];
        require(offer.seller != address(0), "not listed");
        require(msg.value == (offer.inWeth ? 0 : offer.price), "wrong value");
        delete listings[address(collection)][tokenId];
        uint256 fee = (offer.price * feeBps) / 10_000;
        if (offer.inWeth) {
            require(weth.transferFrom(msg.sender, offer.seller, offer.price - fee));
            require(weth.transferFrom(msg.sender, treasury, fee));
        } else {
            (bool paid, ) = offer.seller.call{value: offer.price - fee}("");
            require(paid, "the seller takes no payment");
            (paid, ) = treasury.call{value: fee}("");
            require(paid, "the treasury takes no payment");
        }
        collection.safeTransferFrom(offer.seller, msg.sender, tokenId);
        emit Sold(address(collection), tokenId, offer.seller, msg.sender, offer.price, offer.inWeth);
    }
}

/// Pictures that anybody may mint at a fixed price, under a number of their own choice.
contract Collection is ERC721 {
    uint256 public immutable price;
    address payable public immutable artist = payable(msg.sender);

    constructor(string memory name_, string memory symbol_, uint256 price_) ERC721(name_, symbol_) {
        price = price_;
    }

    function mint(uint256 tokenId) external payable {
        require(msg.value == price, "wrong value");
        _safeMint(msg.sender, tokenId);
        (bool paid, ) = artist.call{value: msg.value}("");
        require(paid, "the artist takes no payment");
    }
}
