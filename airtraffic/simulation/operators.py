"""Who flies: operators with their registers, bases and networks, and the kinds of aircraft.

Designators are the airlines' real ICAO ones, address blocks are those of ICAO Annex 10. Which aircraft
exists, its address and its registration are invented.
"""

from dataclasses import dataclass
from functools import cached_property

BRAZIL, ARGENTINA, CHILE = ("SB", "SW"), ("SA",), ("SC",)
RIVER_PLATE = ("SA", "SU", "SG")
ANDES = ("SP", "SE", "SL", "SK")
COLOMBIA = ("SK",)
SOUTH = ("SB", "SA", "SC", "SU", "SG", "SL", "SP", "SK", "SE")
CARIBBEAN = ("TT", "TB", "TG", "TL", "TN", "TV", "SY", "SM", "SO")
CENTRAL = ("MP", "MR", "MN", "MS", "MH")
NORTH = ("KMIA", "KFLL", "KMCO", "KJFK", "MMMX", "MMUN", "MDPC", "MDSD")
GATEWAYS = ("SBGR", "SBGL", "SAEZ", "SCEL", "SPJC", "SKBO", "SEQM", "SBRF", "SBFZ", "SBCF")
BRAZIL_GATEWAYS = ("SBGR", "SBGR", "SBGL", "SBRF", "SBFZ", "SBSV", "SBCF", "SBBR", "SBPA")
NORTHERN_SHORE = ("SKBO", "SKCG", "SKRG", "SKCL", "SKBQ", "SEQM", "SEGU", "SPJC", "MPTO", "MROC", "MSLP", "TNCA", "TNCC",
                  "TTPP", "TBPB", "TLPL", "SYCJ", "MNMG", "MHTG")  # fmt: skip


@dataclass(frozen=True)
class Country:
    """A register: OpenSky's name, the address range aircraft get here, how registrations look."""

    name: str
    first: int
    last: int
    registration: str
    """Prefix and then what is drawn: @ a letter, # a digit."""


COUNTRIES = {
    country.name: country
    for country in (
        Country("Brazil", 0xE48000, 0xE4A3FF, "PR@@@"),
        Country("United States", 0xA00001, 0xADF7C7, "N###@@"),
        Country("Chile", 0xE80001, 0xE80FFF, "CC@@@"),
        Country("Argentina", 0xE00001, 0xE3FFFF, "LV@@@"),
        Country("Colombia", 0x0AC001, 0x0ACFFF, "HK####"),
        Country("Panama", 0x0C2001, 0x0C2FFF, "HP####"),
        Country("Peru", 0xE8C001, 0xE8CFFF, "OB####"),
        Country("Ecuador", 0xE84001, 0xE84FFF, "HC@@@"),
        Country("Bolivia", 0xE94001, 0xE94FFF, "CP####"),
        Country("Venezuela", 0x0D8001, 0x0DFFFF, "YV####"),
        Country("Paraguay", 0xE88001, 0xE88FFF, "ZP@@@"),
        Country("Uruguay", 0xE90001, 0xE90FFF, "CX@@@"),
        Country("Trinidad and Tobago", 0x0C6001, 0x0C6FFF, "9Y@@@"),
        Country("Dominican Republic", 0x0C4001, 0x0C4FFF, "HI####"),
        Country("El Salvador", 0x0B2001, 0x0B2FFF, "YS###"),
        Country("Guatemala", 0x0B4001, 0x0B4FFF, "TG@@@"),
        Country("Mexico", 0x0D0001, 0x0D7FFF, "XA@@@"),
        Country("Canada", 0xC00001, 0xC1FFFF, "C@@@@"),
        Country("Spain", 0x340001, 0x34FFFF, "EC@@@"),
        Country("Portugal", 0x490001, 0x497BFF, "CS@@@"),
        Country("France", 0x380001, 0x3A7FFF, "F@@@@"),
        Country("Kingdom of the Netherlands", 0x481000, 0x487FFF, "PH@@@"),
        Country("United Kingdom", 0x400040, 0x43BFFF, "G@@@@"),
        Country("Ireland", 0x4CA001, 0x4CAFFF, "EI@@@"),
        Country("Germany", 0x3C0001, 0x3DFFFF, "D@@@@"),
        Country("Switzerland", 0x4B0001, 0x4B6FFF, "HB@@@"),
        Country("Turkey", 0x4B8300, 0x4BFFFF, "TC@@@"),
        Country("Ethiopia", 0x040001, 0x040FFF, "ET@@@"),
        Country("United Arab Emirates", 0x896001, 0x896FFF, "A6@@@"),
        Country("Qatar", 0x06A001, 0x06A3FF, "A7@@@"),
    )
}


@dataclass(frozen=True)
class Kind:
    """How one kind of aircraft flies and is used."""

    name: str
    speed: float
    """Times the reference jet's speed at the same altitude. [1]"""
    climb: float
    """Times the reference jet's climb and descent rate. [1]"""
    cruise_m: float
    """Usual cruise altitude. [m]"""
    cruise_spread_m: float
    ceiling_m: float
    leg_km: float
    """Typical length of a leg. [km]"""
    leg_spread: float
    """Spread of its logarithm. [1]"""
    wait_h: float
    """Mean wait beyond the turnaround at the busiest time. [h]"""
    turnaround_s: float
    category: int
    """OpenSky's aircraft category."""


KINDS = (
    Kind("jet", 1.0, 1.0, 11100, 650, 12300, 1700, 0.75, 0.6, 2700, 4),
    Kind("heavy", 1.03, 0.95, 11200, 600, 12500, 6000, 1.0, 0.6, 5400, 6),
    Kind("turboprop", 0.73, 0.75, 6200, 900, 7600, 450, 0.6, 1.5, 2400, 4),
    Kind("piston", 0.50, 0.35, 2300, 700, 4000, 220, 0.7, 9.0, 3000, 2),
    Kind("bizjet", 0.98, 1.1, 12200, 1200, 13800, 900, 0.7, 8.0, 3600, 3),
    Kind("rotor", 0.62, 0.4, 500, 120, 900, 90, 0.6, 7.0, 2400, 8),
)
KIND_INDEX = {kind.name: index for index, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Operator:
    """A part of one operator's fleet: one register, one kind, one network."""

    designator: str
    """ICAO designator; empty for private aircraft, which fly under their registration."""
    country: str
    share: float
    """Aircraft per 1,000 of the whole fleet."""
    kind: str
    bases: tuple[str, ...]
    """Airports, repeated for weight; a two-letter entry stands for all airports of that region."""
    serves: tuple[str, ...]
    """Airports or two-letter regions that it flies to from a base."""
    leaves_at_h: float | None = None
    """Long flights leave at about this hour; others when demand asks. [UTC hour]"""

    @cached_property
    def country_of_register(self) -> Country:
        return COUNTRIES[self.country]


_US, _UAE = "United States", "United Arab Emirates"
_NL, _TT = "Kingdom of the Netherlands", "Trinidad and Tobago"

OPERATORS = (
    Operator("TAM", "Brazil", 112, "jet", ("SBGR", "SBSP", "SBGR", "SBBR", "SBFZ", "SBCF"), BRAZIL),
    Operator("TAM", "Brazil", 16, "jet", ("SBGR", "SBGL"), ("SA", "SC", "SU", "SG", "SPJC", "SLVR")),
    Operator("TAM", "Brazil", 6, "heavy", ("SBGR",), ("KMIA", "KJFK", "LEMD", "LPPT", "LFPG", "EGLL"), 1.0),
    Operator("GLO", "Brazil", 92, "jet", ("SBGR", "SBSP", "SBGL", "SBRJ", "SBBR", "SBCF", "SBPA"), BRAZIL),
    Operator("AZU", "Brazil", 72, "jet", ("SBKP", "SBKP", "SBCF", "SBRF", "SBSP"), BRAZIL),
    Operator("AZU", "Brazil", 22, "turboprop", ("SBKP", "SBCF", "SBRF", "SBPA", "SBCT"), BRAZIL),
    Operator("ACN", "Brazil", 5, "piston", ("SBCF", "SBRF", "SBCY", "SBPA"), BRAZIL),
    Operator("JTL", "Brazil", 3, "jet", ("SBGR", "SBKP"), BRAZIL),
    Operator("LAN", "Chile", 23, "jet", ("SCEL",), ("SC", "SA", "SBGR", "SPJC", "SUMU", "SGAS")),
    Operator("LAN", "Chile", 5, "heavy", ("SCEL",), ("KMIA", "KJFK", "LEMD"), 1.0),
    Operator("LPE", "Chile", 43, "jet", ("SPJC",), ("SP", "SP", "SP", "SCEL", "SKBO", "SLLP", "SEQM", "SBGR", "SAEZ")),
    Operator("ARE", "Chile", 14, "jet", ("SKBO", "SKRG"), ("SK",)),
    Operator("SKU", "Chile", 10, "jet", ("SCEL",), ("SC", "SPJC", "SABE", "SBGR")),
    Operator("JAT", "Chile", 8, "jet", ("SCEL",), ("SC", "SPJC")),
    Operator("JES", "Chile", 4, "jet", ("SABE", "SACO"), ("SA", "SCEL")),
    Operator("JES", "Argentina", 8, "jet", ("SABE", "SAEZ"), ("SA", "SCEL", "SBGL", "SGAS")),
    Operator("ARG", "Argentina", 35, "jet", ("SABE", "SABE", "SACO"), ("SA", "SCEL", "SBGR", "SUMU", "SGAS")),
    Operator("ARG", "Argentina", 2, "heavy", ("SAEZ",), ("KMIA", "LEMD"), 1.0),
    Operator("FBZ", "Argentina", 11, "jet", ("SABE",), ("SA", "SBGL", "SUMU")),
    Operator("AVA", _US, 42, "jet", ("SKBO", "SKBO", "SKRG", "SKCL"), ("SK", "SE", "SPJC", "MP", "MR", "KMIA")),
    Operator("AVA", "Colombia", 21, "jet", ("SKBO",), ("SK", "SE", "SPJC", "SCEL", "SBGR", "MPTO")),
    Operator("AVR", _US, 6, "jet", ("SEQM", "SKBO"), ("SE", "SKBO", "SKCL")),
    Operator("TAI", _US, 23, "jet", ("MSLP",), ("MR", "MN", "MH", "MP", "KMIA", "SKBO", "SPJC", "MMMX")),
    Operator("EFY", "Colombia", 5, "turboprop", ("SKRG", "SKMD"), ("SK",)),
    Operator("NSE", "Colombia", 3, "turboprop", ("SKBO", "SKMD"), ("SK",)),
    Operator("RPB", "Panama", 7, "jet", ("SKBO", "SKRG"), ("SK", "MPTO")),
    Operator("CMP", "Panama", 26, "jet", ("MPTO",), ("SK", "SE", "SP", "SV", "MR", "MS", "TN", "SBGR", "SBBR", "SBEG", "SBGL", "SBCF", "SBPA",
                                                  "SCEL", "SAEZ", "SGAS", "SUMU", "SLVR", "KMIA", "MMUN", "MDSD")),
    Operator("BWA", _TT, 16, "turboprop", ("TTPP", "TBPB"), ("TT", "TB", "TG", "TL", "TV", "SY")),
    Operator("BOV", "Bolivia", 6, "jet", ("SLVR",), ("SL", "SBGR", "SPJC", "SAEZ")),
    Operator("DWI", "Dominican Republic", 5, "jet", ("MDSD",), ("SKBO", "SKRG", "TNCC", "TNCA", "SEQM")),
    Operator("VCV", "Venezuela", 2, "jet", ("SVMI",), ("SV", "SKBO", "MPTO")),
    Operator("GLG", "Ecuador", 3, "jet", ("SEGU",), ("SE",)),
    Operator("AAL", _US, 53, "jet", ("KMIA", "KMIA", "KDFW"), NORTHERN_SHORE),
    Operator("AAL", _US, 15, "heavy", ("KMIA", "KJFK", "KDFW"), GATEWAYS, 1.5),
    Operator("UAL", _US, 25, "jet", ("KIAH", "KEWR"), NORTHERN_SHORE),
    Operator("UAL", _US, 12, "heavy", ("KIAH", "KEWR", "KIAD"), GATEWAYS, 2.0),
    Operator("DAL", _US, 18, "jet", ("KATL",), NORTHERN_SHORE),
    Operator("DAL", _US, 11, "heavy", ("KATL", "KJFK"), GATEWAYS, 1.5),
    Operator("JBU", _US, 17, "jet", ("KFLL", "KMCO", "KJFK"), NORTHERN_SHORE),
    Operator("NKS", _US, 8, "jet", ("KFLL",), NORTHERN_SHORE),
    Operator("TPA", _US, 3, "heavy", ("KMIA", "SKBO"), ("SKBO", "SKRG", "SEQM", "SPJC", "KMIA"), 4.0),
    Operator("LRC", _US, 8, "jet", ("MROC", "MSLP"), ("MS", "MP", "MH", "SKBO", "MN")),
    Operator("GTI", _US, 6, "heavy", ("KMIA",), ("SBKP", "SBGR", "SCEL", "SKBO", "SEQM"), 6.0),
    Operator("FDX", _US, 4, "heavy", ("KMEM", "KMIA"), ("SBKP", "SKBO", "SBGR"), 7.0),
    Operator("AMX", "Mexico", 9, "jet", ("MMMX",), ("SKBO", "MSLP", "MROC", "SEQM", "SPJC")),
    Operator("ACA", "Canada", 4, "heavy", ("CYYZ",), ("SBGR", "SKBO", "SCEL"), 1.5),
    Operator("IBE", "Spain", 48, "heavy", ("LEMD",), GATEWAYS, 12.0),
    Operator("AEA", "Spain", 16, "heavy", ("LEMD",), GATEWAYS, 23.0),
    Operator("TAP", "Portugal", 21, "heavy", ("LPPT",), BRAZIL_GATEWAYS, 11.0),
    Operator("AFR", "France", 29, "heavy", ("LFPG",), GATEWAYS, 20.5),
    Operator("KLM", _NL, 16, "heavy", ("EHAM",), GATEWAYS, 10.5),
    Operator("BAW", "United Kingdom", 10, "heavy", ("EGLL",), ("SBGR", "SBGL", "SAEZ"), 20.0),
    Operator("DLH", "Germany", 8, "heavy", ("EDDF",), ("SBGR", "SAEZ", "SBGL", "SKBO"), 20.5),
    Operator("ITY", "Ireland", 10, "heavy", ("LIRF",), ("SBGR", "SBGL", "SAEZ"), 20.0),
    Operator("SWR", "Switzerland", 6, "heavy", ("LSZH",), ("SBGR", "SAEZ"), 21.0),
    Operator("THY", "Turkey", 4, "heavy", ("LTFM",), ("SBGR", "SKBO"), 6.5),
    Operator("ETH", "Ethiopia", 6, "heavy", ("HAAB",), ("SBGR",), 7.0),
    Operator("UAE", _UAE, 6, "heavy", ("OMDB",), ("SBGR", "SBGL"), 5.0),
    Operator("QQE", "Qatar", 4, "heavy", ("OTHH",), ("SBGR",), 5.0),
    # Private, business and training flights
    Operator("", "Brazil", 120, "piston", ("SB", "SBMT", "SBJD", "SBJR"), BRAZIL),
    Operator("", "Brazil", 62, "bizjet", ("SBSP", "SBBH", "SBJD", "SBRJ", "SBMT", "SBGO"), BRAZIL),
    Operator("", "Brazil", 38, "turboprop", ("SB", "SBMT", "SBGO", "SBCY"), BRAZIL),
    Operator("", "Brazil", 26, "rotor", ("SBMT", "SBJR", "SBME", "SBMT"), BRAZIL),
    Operator("", _US, 100, "bizjet", ("KMIA", "KFLL", "SBGR", "SKBO", "MPTO", "TNCA", "TTPP"), ("SB", "SK", "SA", "MP", "T", "KMIA", "KFLL")),
    Operator("", _US, 12, "piston", ("TNCA", "TTPP", "TBPB", "SKBO"), ("TN", "TT", "TB", "TG", "SK", "TL")),
    Operator("", "Argentina", 26, "piston", ("SADF", "SACO", "SAAR", "SAZM"), ARGENTINA),
    Operator("", "Argentina", 12, "bizjet", ("SADF", "SABE"), ("SA", "SU", "SB")),
    Operator("", "Colombia", 12, "turboprop", ("SKGY", "SKMD", "SKBO"), COLOMBIA),
    Operator("", "Colombia", 14, "piston", ("SKGY", "SKMD"), COLOMBIA),
    Operator("", "Chile", 20, "piston", ("SCTB", "SCTE"), CHILE),
    Operator("", "Chile", 8, "turboprop", ("SCEL", "SCTE"), CHILE),
    Operator("", "Peru", 4, "turboprop", ("SPJC",), ("SP",)),
    Operator("", "Ecuador", 4, "turboprop", ("SEQM", "SEGU"), ("SE",)),
    Operator("", "Bolivia", 4, "piston", ("SLVR", "SLCB"), ("SL",)),
    Operator("", "Paraguay", 3, "piston", ("SGAS",), ("SG", "SBFI")),
    Operator("", "Uruguay", 3, "piston", ("SUMU",), ("SU", "SADF")),
    Operator("", "Venezuela", 5, "bizjet", ("SVMI", "SVMC"), ("SV", "TN", "MPTO")),
    Operator("", "Guatemala", 5, "piston", ("MSLP", "MHTG"), ("MS", "MH", "MN")),
    Operator("", "Mexico", 4, "bizjet", ("MMMX", "MMUN"), ("MP", "SK", "MR")),
)  # fmt: skip
