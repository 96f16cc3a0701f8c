using System.Globalization;

namespace Nvmepf.SocModel.Server;

/// <summary>Names of SoC addresses for the access log, as the register reference calls them. Unknown ones get their block and offset.</summary>
internal static class RegisterNames
{
    private const ulong AtuOffset = 0x30_0000;
    private const ulong EdmaOffset = 0x38_0000;
    private const ulong Dbi2Offset = 0x10_0000;
    private const ulong ElbiOffset = 0x20_0000;
    private const ulong ConfigurationBytes = 0x1000;

    private static readonly Dictionary<ulong, string> s_apb = new()
    {
        [0x000] = "GENERAL_CON", [0x004] = "INTR_STATUS_MSG_RX", [0x008] = "INTR_STATUS_LEGACY", [0x00c] = "INTR_STATUS_ERR",
        [0x010] = "INTR_STATUS_MISC", [0x014] = "INTR_STATUS_PMC", [0x018] = "INTR_MASK_MSG_RX", [0x01c] = "INTR_MASK_LEGACY",
        [0x020] = "INTR_MASK_ERR", [0x024] = "INTR_MASK_MISC", [0x028] = "INTR_MASK_PMC", [0x02c] = "POWER_CON", [0x034] = "MSG_GEN_CON",
        [0x038] = "MSI_GEN_CON", [0x104] = "GENERAL_DEBUG", [0x154] = "CDM_RASDES_TBA_INFO_CMN", [0x180] = "HOT_RESET_CTRL",
        [0x300] = "LTSSM_STATUS", [0x310] = "DBG_FIFO_MODE_CON", [0x350] = "DBG_FIFO_STATUS",
    };

    private static readonly Dictionary<ulong, string> s_configuration = new()
    {
        [0x00] = "VENDOR_DEVICE_ID", [0x04] = "COMMAND_STATUS", [0x08] = "CLASS_REVISION", [0x0c] = "HEADER_TYPE", [0x10] = "BAR0",
        [0x14] = "BAR1", [0x18] = "BAR2", [0x1c] = "BAR3", [0x20] = "BAR4", [0x24] = "BAR5", [0x2c] = "SUBSYSTEM_ID", [0x30] = "ROM",
        [0x34] = "CAPABILITIES", [0x3c] = "INTERRUPT_PIN_LINE", [0x40] = "PM_CAP", [0x44] = "PM_CONTROL", [0x50] = "MSI_CAP_CONTROL",
        [0x54] = "MSI_ADDRESS_LOW", [0x58] = "MSI_ADDRESS_HIGH", [0x5c] = "MSI_DATA", [0x60] = "MSI_MASK", [0x64] = "MSI_PENDING",
        [0x70] = "PCIE_CAP", [0x74] = "DEVICE_CAP", [0x78] = "DEVICE_CONTROL_STATUS", [0x7c] = "LINK_CAP", [0x80] = "LINK_CONTROL_STATUS",
        [0x94] = "DEVICE_CAP_2", [0x98] = "DEVICE_CONTROL_2", [0x9c] = "LINK_CAP_2", [0xa0] = "LINK_CONTROL_2", [0xb0] = "MSIX_CAP_CONTROL",
        [0xb4] = "MSIX_TABLE", [0xb8] = "MSIX_PBA", [0x100] = "AER_CAP", [0x148] = "SECONDARY_PCIE_CAP", [0x168] = "ATS_CAP",
        [0x178] = "PRI_CAP", [0x188] = "LTR_CAP", [0x190] = "L1SS_CAP", [0x1a0] = "DPA_CAP", [0x1d0] = "RAS_DES_CAP",
        [0x2d0] = "DMA_VSEC_CAP", [0x2e8] = "REBAR_HEADER", [0x708] = "PORT_FORCE", [0x70c] = "ACK_FREQUENCY_ASPM",
        [0x710] = "PORT_LINK_CONTROL", [0x714] = "LANE_SKEW", [0x728] = "DEBUG0", [0x72c] = "DEBUG1", [0x80c] = "LINK_WIDTH_SPEED_CONTROL",
        [0x890] = "GEN3_RELATED", [0x8a8] = "GEN3_EQ_CONTROL", [0x8b4] = "ORDER_RULE_CTRL", [0x8bc] = "MISC_CONTROL_1",
        [0x8c0] = "MULTI_LANE_CONTROL", [0x8cc] = "LINK_FLUSH_CONTROL", [0x8d0] = "AMBA_ERROR_RESPONSE_DEFAULT",
        [0x8d4] = "AMBA_LINK_TIMEOUT", [0x8d8] = "AMBA_ORDERING_CTRL", [0x8f8] = "VERSION_NUMBER", [0x8fc] = "VERSION_TYPE",
        [0x900] = "IATU_VIEWPORT", [0x940] = "MSIX_ADDRESS_MATCH_LOW", [0x944] = "MSIX_ADDRESS_MATCH_HIGH", [0x948] = "MSIX_DOORBELL",
        [0x94c] = "MSIX_RAM_CTRL", [0xb40] = "AUX_CLK_FREQ",
    };

    private static readonly Dictionary<ulong, string> s_edma = new()
    {
        [0x000] = "CTRL_DATA_ARB_PRIOR", [0x008] = "CTRL", [0x00c] = "WRITE_ENGINE_EN", [0x010] = "WRITE_DOORBELL",
        [0x018] = "WRITE_ARB_WEIGHT_LOW", [0x01c] = "WRITE_ARB_WEIGHT_HIGH", [0x02c] = "READ_ENGINE_EN", [0x030] = "READ_DOORBELL",
        [0x038] = "READ_ARB_WEIGHT_LOW", [0x03c] = "READ_ARB_WEIGHT_HIGH", [0x04c] = "WRITE_INT_STATUS", [0x054] = "WRITE_INT_MASK",
        [0x058] = "WRITE_INT_CLEAR", [0x05c] = "WRITE_ERR_STATUS", [0x090] = "WRITE_LL_ERR_EN", [0x0a0] = "READ_INT_STATUS",
        [0x0a8] = "READ_INT_MASK", [0x0ac] = "READ_INT_CLEAR", [0x0b4] = "READ_ERR_STATUS_LOW", [0x0b8] = "READ_ERR_STATUS_HIGH",
        [0x0c4] = "READ_LL_ERR_EN", [0x100] = "WRITE_CHANNEL_GROUP", [0x104] = "READ_CHANNEL_GROUP",
    };

    private static readonly Dictionary<ulong, string> s_cru = new()
    {
        [0x880] = "CLKGATE_CON32", [0x884] = "CLKGATE_CON33", [0x888] = "CLKGATE_CON34", [0x898] = "CLKGATE_CON38", [0x89c] = "CLKGATE_CON39",
        [0xa80] = "SOFTRST_CON32", [0xa84] = "SOFTRST_CON33", [0xa88] = "SOFTRST_CON34", [0xc38] = "PHYREF_ALT_GATE",
        [0x8800] = "PHP_CLKGATE_CON0", [0x8a00] = "PHP_SOFTRST_CON0",
    };

    private static readonly Dictionary<ulong, string> s_pmu = new()
    {
        [0x110] = "BUS_IDLE_SFTCON1", [0x120] = "BUS_IDLE_STATUS", [0x150] = "PWR_GATE_SFTCON1", [0x1f8] = "MEMPWR_STATUS",
        [0x290] = "REPAIR_STATUS",
    };

    private static readonly Dictionary<ulong, string> s_phyGrf = new()
    {
        [0x000] = "CMN_CON0", [0x118] = "PHY0_CON6", [0x218] = "PHY1_CON6", [0x904] = "PHY0_STATUS1", [0xa04] = "PHY1_STATUS1",
        [0x1004] = "PHY0_LN0_CON1", [0x1104] = "PHY0_LN1_CON1", [0x2004] = "PHY1_LN0_CON1", [0x2104] = "PHY1_LN1_CON1",
    };

    private static readonly Dictionary<ulong, string> s_phpGrf = new() { [0x100] = "PCIESEL_CON" };

    private static readonly Dictionary<ulong, string> s_gpio = new()
    {
        [0x00] = "DR_L", [0x04] = "DR_H", [0x08] = "DDR_L", [0x0c] = "DDR_H", [0x70] = "EXT_PORT", [0x78] = "VERSION",
    };

    private static readonly string[] s_channel = ["CONTROL1", "CONTROL2", "SIZE", "SAR_LOW", "SAR_HIGH", "DAR_LOW", "DAR_HIGH", "LLP_LOW", "LLP_HIGH"];

    private static readonly string[] s_atu =
        ["CTRL1", "CTRL2", "LOWER_BASE", "UPPER_BASE", "LIMIT", "LOWER_TARGET", "UPPER_TARGET", "+1c", "UPPER_LIMIT"];

    /// <summary>Whether an address is in the outbound window or the eDMA: what changes with every command, not with the link.</summary>
    internal static bool IsDataPath(ulong address) =>
        IsIn(address, SocMap.Outbound, SocMap.OutboundBytes) || IsIn(address, SocMap.Dbi + EdmaOffset, SocMap.DbiBytes - (int)EdmaOffset);

    /// <summary>The name of a SoC address.</summary>
    internal static string Of(ulong address)
    {
        if (IsIn(address, SocMap.Dbi, SocMap.DbiBytes))
        {
            return OfDbi(address - SocMap.Dbi);
        }

        (string Block, ulong Base, int LengthBytes, Dictionary<ulong, string>? Names)[] blocks =
        [
            ("APB", SocMap.Apb, SocMap.ApbBytes, s_apb), ("CRU", SocMap.Cru, SocMap.CruBytes, s_cru), ("PMU", SocMap.Pmu, SocMap.PmuBytes, s_pmu),
            ("PHY_GRF", SocMap.PhyGrf, SocMap.PhyGrfBytes, s_phyGrf), ("PHP_GRF", SocMap.PhpGrf, SocMap.PhpGrfBytes, s_phpGrf),
            ("GPIO4", SocMap.Gpio4, SocMap.GpioBytes, s_gpio), ("WINDOW", SocMap.Outbound, SocMap.OutboundBytes, null),
        ];
        foreach ((string block, ulong at, int length, Dictionary<ulong, string>? names) in blocks)
        {
            if (IsIn(address, at, length))
            {
                return Named(block, names, address - at);
            }
        }

        return "?";
    }

    private static string OfDbi(ulong offset)
    {
        const ulong RebarHeader = 0x2e8;
        const ulong RebarEnd = 0x318;
        if (offset >= EdmaOffset)
        {
            return OfEdma(offset - EdmaOffset);
        }

        if (offset >= AtuOffset)
        {
            ulong region = (offset - AtuOffset) / 0x100;
            ulong word = (offset & 0xff) / 4;
            string name = word < (ulong)s_atu.Length ? s_atu[word] : string.Create(CultureInfo.InvariantCulture, $"+{offset & 0xff:x}");
            return string.Create(CultureInfo.InvariantCulture, $"IATU.{((region & 1) == 0 ? "OUTBOUND" : "INBOUND")}{region / 2}.{name}");
        }

        if (offset >= ElbiOffset)
        {
            return Named("ELBI", null, offset - ElbiOffset);
        }

        string space = offset >= Dbi2Offset ? "DBI2" : "DBI";
        ulong register = offset % Dbi2Offset;
        if (register is > RebarHeader and < RebarEnd)
        {
            ulong entry = (register - RebarHeader - 4) / 8;
            bool isControl = ((register - RebarHeader - 4) & 4) != 0;
            return string.Create(CultureInfo.InvariantCulture, $"{space}.REBAR{entry}_{(isControl ? "CTRL" : "CAP")}");
        }

        return Named(space, register < ConfigurationBytes ? s_configuration : null, register);
    }

    private static string OfEdma(ulong offset)
    {
        const ulong FirstChannel = 0x200;
        const ulong EndOfChannels = 0x600;
        if (offset is < FirstChannel or >= EndOfChannels)
        {
            return Named("EDMA", s_edma, offset);
        }

        string direction = (offset & 0x100) == 0 ? "WRITE" : "READ";
        ulong channel = (offset - FirstChannel) / 0x200;
        ulong word = (offset & 0xff) / 4;
        string name = word < (ulong)s_channel.Length ? s_channel[word] : string.Create(CultureInfo.InvariantCulture, $"+{offset & 0xff:x}");
        return string.Create(CultureInfo.InvariantCulture, $"EDMA.{direction}{channel}.{name}");
    }

    // A byte or half word inside a register has the register's name and its own offset.
    private static string Named(string block, Dictionary<ulong, string>? names, ulong offset)
    {
        if (names is not null && names.TryGetValue(offset & ~3ul, out string? name))
        {
            return (offset & 3) == 0 ? $"{block}.{name}" : string.Create(CultureInfo.InvariantCulture, $"{block}.{name}+{offset & 3}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{block}+{offset:x}");
    }

    private static bool IsIn(ulong address, ulong first, int lengthBytes) => address >= first && address - first < (ulong)lengthBytes;
}
