"""The 46 invented companies of the simulated data set.

Their symbols end in `.SIM`, which no exchange uses: even in an exported trade list or a screenshot
that has lost its caption nobody can take a simulated price for that of a real company.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Company:
    """An invented stock: symbol, name and GICS sector."""

    symbol: str
    name: str
    sector: str


_BY_SECTOR: dict[str, tuple[tuple[str, str], ...]] = {
    "Information Technology": (
        ("ARDN", "Arden Semiconductors"),
        ("BYTL", "Bytelane Software"),
        ("CIRQ", "Cirque Devices"),
        ("DELV", "Delvon Storage"),
        ("ELYN", "Elynx Networks"),
        ("FOTN", "Foton Optics"),
        ("GRDN", "Gridnode Cloud"),
        ("HEXA", "Hexal Systems"),
    ),
    "Communication Services": (
        ("KESR", "Kessler Media"),
        ("LUMR", "Lumera Mobile"),
        ("MYRD", "Myriad Search"),
        ("ORBT", "Orbital Cable"),
    ),
    "Consumer Discretionary": (
        ("PALS", "Palisade Retail"),
        ("QUIL", "Quillon Apparel"),
        ("RAVN", "Ravenna Motors"),
        ("SOLM", "Solmar Hotels"),
        ("TRDL", "Tradelane Online"),
    ),
    "Consumer Staples": (
        ("UMBR", "Umbra Foods"),
        ("VALE", "Valemont Beverages"),
        ("WHTE", "Whitebarn Stores"),
        ("YARR", "Yarrow Household"),
    ),
    "Health Care": (
        ("ALTH", "Althea Pharma"),
        ("BIOV", "Biovance Therapeutics"),
        ("CARD", "Cardinelle Devices"),
        ("DRMA", "Dermaton Labs"),
        ("EVRC", "Evercare Insurance"),
    ),
    "Financials": (
        ("FRTH", "Forthright Bank"),
        ("GLDN", "Gildern Brokers"),
        ("HRBR", "Harborline Insurance"),
        ("IRNB", "Ironbridge Payments"),
        ("JUNP", "Juniper Hill Bank"),
    ),
    "Industrials": (
        ("KNOX", "Knoxfield Aerospace"),
        ("LOCO", "Locomar Rail"),
        ("MCHN", "Machinor Tools"),
        ("NRTH", "Northgate Freight"),
        ("OAKM", "Oakmere Engineering"),
    ),
    "Energy": (
        ("PTRL", "Petralon Oil"),
        ("QSHL", "Quartershell Gas"),
        ("RIGL", "Rigel Drilling"),
    ),
    "Materials": (
        ("STLW", "Steelwick"),
        ("TRRA", "Terracor Mining"),
        ("UCHM", "Unichem Works"),
    ),
    "Utilities": (
        ("VLTG", "Voltage Valley Power"),
        ("WTRM", "Watermark Utilities"),
    ),
    "Real Estate": (
        ("XPND", "Expandia Logistics Parks"),
        ("YIEL", "Yieldstone Offices"),
    ),
}

UNIVERSE: tuple[Company, ...] = tuple(
    Company(f"{ticker}.SIM", f"{name} (simulated)", sector)
    for sector, members in _BY_SECTOR.items()
    for ticker, name in members
)
SECTORS: tuple[str, ...] = tuple(_BY_SECTOR)
