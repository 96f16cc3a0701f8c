using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Hal.Rk3588;

/// <summary>The register blocks of the board as rows that can be shown; those that are not mapped are left out.</summary>
internal static class BoardRegisterBlocks
{
    /// <summary>Lists the blocks.</summary>
    internal static List<RegisterBlock> List(RegisterBlocks blocks)
    {
        List<RegisterBlock> list =
        [
            new("dbi", blocks.Dbi, [.. RegisterRows.Header, .. RegisterRows.Port]),
            new("iatu", blocks.Dbi + Iatu.OffsetInDbi, RegisterRows.Translation),
            new("edma", blocks.Dbi + Edma.OffsetInDbi, RegisterRows.DmaEngine),
            new("apb", blocks.Apb, Client(default)),
        ];
        Add(list, "cru", blocks.Cru, Clocks(default));
        Add(list, "pmu", blocks.Pmu, Power(default));
        Add(list, "phy", blocks.PhyGrf, Phy(default));
        Add(list, "php", blocks.PhpGrf, [RegisterRow.Of(default(PhpGrf).PcieSelect)]);
        Add(list, "gpio", blocks.Gpio, Pins(default));
        return list;
    }

    private static void Add(List<RegisterBlock> list, string name, nint address, RegisterRow[] rows)
    {
        if (address != 0)
        {
            list.Add(new RegisterBlock(name, address, rows));
        }
    }

    private static RegisterRow[] Client(ApbClient map) =>
    [
        RegisterRow.Of(map.GeneralControl),
        RegisterRow.Of(map.MessageStatus),
        RegisterRow.Of(map.LegacyStatus),
        RegisterRow.Of(map.ErrorStatus),
        RegisterRow.Of(map.MiscStatus),
        RegisterRow.Of(map.PowerStatus),
        RegisterRow.Of(map.MessageMask),
        RegisterRow.Of(map.LegacyMask),
        RegisterRow.Of(map.ErrorMask),
        RegisterRow.Of(map.MiscMask),
        RegisterRow.Of(map.PowerMask),
        RegisterRow.Of(map.PowerControl),
        RegisterRow.Of(map.MessageGeneration),
        RegisterRow.Of(map.GeneralDebug),
        RegisterRow.Of(map.RasDesInfo),
        RegisterRow.Of(map.HotResetControl),
        RegisterRow.Of(map.MsixRamWindow),
        RegisterRow.Of(map.LtssmStatus),
        RegisterRow.Of(map.DebugFifoMode),
        RegisterRow.Of(map.DebugFifoPatternHit0),
        RegisterRow.Of(map.DebugFifoPatternHit1),
        RegisterRow.Of(map.DebugFifoTransitionHit0),
        RegisterRow.Of(map.DebugFifoTransitionHit1),
        RegisterRow.Of(map.DebugFifoStatus).WithReadEffect(), // takes an entry of the link's history
    ];

    private static RegisterRow[] Clocks(Cru map) =>
    [
        RegisterRow.Of(map.ClockSelect80),
        RegisterRow.Of(map.Gate32),
        RegisterRow.Of(map.Gate33),
        RegisterRow.Of(map.Gate34),
        RegisterRow.Of(map.Gate38),
        RegisterRow.Of(map.Gate39),
        RegisterRow.Of(map.Reset32),
        RegisterRow.Of(map.Reset33),
        RegisterRow.Of(map.Reset34),
        RegisterRow.Of(map.PhyReferenceGate),
        RegisterRow.Of(map.PhpGate0),
        RegisterRow.Of(map.PhpReset0),
    ];

    private static RegisterRow[] Power(Pmu map) =>
    [
        RegisterRow.Of(map.IdleRequest),
        RegisterRow.Of(map.IdleStatus),
        RegisterRow.Of(map.PowerGate),
        RegisterRow.Of(map.MemoryStatus),
        RegisterRow.Of(map.RepairStatus),
    ];

    private static RegisterRow[] Phy(PhyGrf map) =>
    [
        RegisterRow.Of(map.Common),
        RegisterRow.Of(map.Phy0Lane0),
        RegisterRow.Of(map.Phy0Lane1),
        RegisterRow.Of(map.Phy1Lane0),
        RegisterRow.Of(map.Phy1Lane1),
        RegisterRow.Of(map.Phy0Control6),
        RegisterRow.Of(map.Phy1Control6),
        RegisterRow.Of(map.Phy0Status1),
        RegisterRow.Of(map.Phy1Status1),
    ];

    private static RegisterRow[] Pins(Gpio map) =>
    [
        RegisterRow.Of(map.OutputLow),
        RegisterRow.Of(map.OutputHigh),
        RegisterRow.Of(map.DirectionLow),
        RegisterRow.Of(map.DirectionHigh),
        RegisterRow.Of(map.Input),
        RegisterRow.Of(map.Version),
    ];
}
