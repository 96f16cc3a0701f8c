using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Register accesses of every width, right and wrong (NVMe Base 2.1 section 3.1.4).</summary>
internal static class RegisterChecks
{
    private const int CapabilitiesOffset = 0x00;
    private const int StatusOffset = 0x1C;

    private static readonly (string Name, int Offset)[] ReadOnlyOffsets =
    [
        ("CAP", 0x00), ("CAP upper", 0x04), ("VS", 0x08), ("CSTS", 0x1C), ("CMBLOC", 0x38), ("CMBSZ", 0x3C), ("CRTO", 0x68),
    ];

    private static readonly (ulong Offset, int LengthBytes)[] OddReads =
    [
        (0x1, 2), (0x13, 4), (0x1A, 8), (0x15, 3), (0xFFE, 4), (0x1001, 4), (0x1FFE, 8), (0x24, 1), (0x25, 2), (0x3FFF, 1),
    ];

    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("registers/capabilities", Capabilities),
        new("registers/widths", Widths),
        new("registers/read-only", ReadOnlyRegisters),
        new("registers/reserved", ReservedRegisters),
        new("registers/queue-base-halves", QueueBaseHalves),
        new("registers/subsystem-reset-unsupported", SubsystemReset),
        new("registers/interrupt-mask", InterruptMask),
        new("registers/odd-accesses", OddAccesses),
        new("registers/doorbells-by-message", DoorbellsByMessage),
        new("registers/configuration-space", ConfigurationSpace),
    ];

    private static void Capabilities(TortureContext context)
    {
        ControllerCapabilities cap = context.Host.Capabilities;
        _ = context.Expect("CQR", "True", $"{cap.ContiguousQueuesRequired}");
        _ = context.Expect("DSTRD", "0", $"{cap.DoorbellStride}");
        _ = context.Expect("NSSRS, BPS, PMRS, CMBS", "False False False False",
            $"{cap.NvmSubsystemResetSupported} {cap.BootPartitionSupport} "
            + $"{cap.PersistentMemoryRegionSupported} {cap.ControllerMemoryBufferSupported}");
        _ = context.Expect(
            "MQES", "1 or more", $"{cap.MaximumQueueEntriesSupportedZeroBased}", cap.MaximumQueueEntriesSupportedZeroBased >= 1);
        _ = context.Expect("TO", "1 or more", $"{cap.TimeoutIn500Milliseconds}", cap.TimeoutIn500Milliseconds >= 1);
        _ = context.Expect(
            "CSS has the NVM Command Set", "True", $"{(cap.CommandSetsSupported & CommandSetsSupported.NvmCommandSet) != 0}");
        _ = context.Expect("MPSMIN is 4 KiB and MPSMAX is not below it", "0", $"{cap.MemoryPageSizeMinimum}",
            cap.MemoryPageSizeMinimum == 0 && cap.MemoryPageSizeMaximum >= cap.MemoryPageSizeMinimum);
    }

    private static void Widths(TortureContext context)
    {
        NvmeHost host = context.Host;
        ulong whole = host.ReadRegister64(CapabilitiesOffset);
        ulong halves = host.ReadRegister32(CapabilitiesOffset) | ((ulong)host.ReadRegister32(CapabilitiesOffset + 4) << 32);
        _ = context.Expect("CAP by two 32-bit reads", $"{whole:x16}", $"{halves:x16}");
        Span<byte> all = stackalloc byte[64];
        host.Client.ReadRegion(RegionInfo.Bar0, 0, all);
        _ = context.Expect("CAP in one read of 64 bytes", $"{whole:x16}", $"{BitConverter.ToUInt64(all):x16}");
        ulong bytes = 0;
        for (int i = 0; i < 8; i++)
        {
            host.Client.ReadRegion(RegionInfo.Bar0, (ulong)i, all[..1]);
            bytes |= (ulong)all[0] << (8 * i);
        }

        _ = context.Expect("CAP by eight 8-bit reads", $"{whole:x16}", $"{bytes:x16}");
    }

    private static void ReadOnlyRegisters(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach ((string name, int offset) in ReadOnlyOffsets)
        {
            uint before = host.ReadRegister32(offset);
            foreach (uint value in new[] { ~before, 0u, 0xFFFFFFFFu })
            {
                // CSTS.NSSRO is cleared by writing one, so that it is left out.
                host.WriteRegister32(offset, offset == StatusOffset ? value & ~0x10u : value);
            }

            _ = context.Expect($"{name} after writes", $"{before:x8}", $"{host.ReadRegister32(offset):x8}");
        }

        host.WriteRegister64(CapabilitiesOffset, 0);
        _ = context.Expect("CAP after a 64-bit write", $"{host.Capabilities.Raw:x16}", $"{host.ReadRegister64(CapabilitiesOffset):x16}");
        context.ExpectAlive();
    }

    private static void ReservedRegisters(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach (int offset in new[] { 0x18, 0x70, 0x100, 0x7FC, 0xDFC, 0xFFC })
        {
            host.WriteRegister32(offset, 0xDEADBEEF);
            _ = context.Expect($"reserved {offset:x3}h after a write", "00000000", $"{host.ReadRegister32(offset):x8}");
        }

        context.ExpectAlive();
    }

    private static void QueueBaseHalves(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Disable();
        foreach ((string name, int offset) in new[] { ("ASQ", 0x28), ("ACQ", 0x30) })
        {
            host.WriteRegister32(offset, 0x9ABCDFFF);
            host.WriteRegister32(offset + 4, 0x12345678);
            _ = context.Expect($"{name} by two 32-bit writes, reserved bits set", "123456789abcd000", $"{host.ReadRegister64(offset):x16}");
            host.WriteRegister64(offset, 0x1122334455667000);
            _ = context.Expect($"{name} by one 64-bit write", "1122334455667000", $"{host.ReadRegister64(offset):x16}");
        }

        host.WriteRegister32(0x24, 0xFFFFFFFF);
        _ = context.Expect("AQA keeps its 12-bit fields only", "0fff0fff", $"{host.ReadRegister32(0x24):x8}");
        context.ExpectRecovery("odd values in AQA, ASQ, ACQ while disabled");
    }

    private static void SubsystemReset(TortureContext context)
    {
        if (!context.Host.Capabilities.NvmSubsystemResetSupported)
        {
            context.Host.WriteRegister32(0x20, 0x4E564D65);
            _ = context.Expect("NSSR reads as zero", "00000000", $"{context.Host.ReadRegister32(0x20):x8}");
            context.ExpectAlive("after 'NVMe' was written to NSSR");
        }
    }

    private static void InterruptMask(TortureContext context)
    {
        context.Host.WriteRegister32(0x0C, 0xFFFFFFFF);
        context.Host.WriteRegister32(0x10, 0x0000FFFF);
        _ = context.Host.ReadRegister32(0x0C);
        context.Host.WriteRegister32(0x10, 0xFFFFFFFF);
        context.ExpectAlive("after writes to INTMS and INTMC");
    }

    private static void OddAccesses(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        byte[] bytes = new byte[64];
        int survived = 0;
        foreach ((ulong offset, int length) in OddReads)
        {
            survived += Survives(() => client.ReadRegion(RegionInfo.Bar0, offset, bytes.AsSpan(0, length))) ? 1 : 0;
        }

        _ = context.Expect("unaligned reads are answered, by data or by an error", "10", $"{survived}");
        survived = 0;
        foreach ((ulong offset, int length) in new[] { (0x09UL, 2), (0x26UL, 1), (0x0UL, 3), (0x18UL, 1), (0x3000UL, 8) })
        {
            survived += Survives(() => client.WriteRegion(RegionInfo.Bar0, offset, new byte[length])) ? 1 : 0;
        }

        _ = context.Expect("odd writes are answered", "5", $"{survived}");
        ulong end = client.Region(RegionInfo.Bar0).LengthBytes;
        survived = 0;
        foreach (ulong offset in new[] { end, end - 2, ulong.MaxValue - 1, 1UL << 63 })
        {
            survived += Survives(() => client.ReadRegion(RegionInfo.Bar0, offset, bytes.AsSpan(0, 4))) ? 1 : 0;
            survived += Survives(() => client.WriteRegion(RegionInfo.Bar0, offset, bytes.AsSpan(0, 4))) ? 1 : 0;
        }

        _ = context.Expect("accesses past the end of the BAR are answered", "8", $"{survived}");
        context.ExpectAlive();
    }

    private static bool Survives(Action access)
    {
        try
        {
            access();
            return true;
        }
        catch (VfioUserException exception) when (exception.ErrorNumber != 0)
        {
            return true;
        }
    }

    private static void DoorbellsByMessage(TortureContext context)
    {
        NvmeHost host = context.Host;
        ushort identifier = host.Push(context.Queue, NvmeCommands.Flush(context.NamespaceIdentifier));
        host.Client.Write32(RegionInfo.Bar0, 0x1008, (uint)context.Queue.Tail);
        CompletionQueueEntry entry = host.Wait(context.Queue, identifier);
        _ = context.Expect("command rung by REGION_WRITE", "Success", $"{entry.CompletionStatus.Status.Code}");
        identifier = host.Push(context.Queue, NvmeCommands.Flush(context.NamespaceIdentifier));
        host.Client.Write32(RegionInfo.Bar0, 0x1008, (uint)context.Queue.Tail, posted: true);
        entry = host.Wait(context.Queue, identifier);
        _ = context.Expect("command rung by a posted REGION_WRITE", "Success", $"{entry.CompletionStatus.Status.Code}");
        context.ExpectAlive();
    }

    private static void ConfigurationSpace(TortureContext context)
    {
        PciFunction function = context.Host.Function;
        uint ids = function.ReadConfiguration(0x00, 4);
        function.WriteConfiguration(0x00, 4, 0xFFFFFFFF);
        function.WriteConfiguration(0x08, 4, 0xFFFFFFFF);
        _ = context.Expect("ids after a write", $"{ids:x8}", $"{function.ReadConfiguration(0x00, 4):x8}");
        _ = context.Expect("class code after a write", "010802", $"{function.ClassCode:x6}");
        uint bar = function.ReadConfiguration(0x10, 4);
        _ = context.Expect("BAR 0 is a 64-bit memory BAR", "4", $"{bar & 0xF:x}", (bar & 0x7) == 4);
        function.WriteConfiguration(0x10, 4, 0xFFFFFFFF);
        uint sized = function.ReadConfiguration(0x10, 4) & ~0xFu;
        _ = context.Expect(
            "BAR 0 sizing", $"{-(long)context.Host.Client.Region(RegionInfo.Bar0).LengthBytes & 0xFFFFFFFF:x8}", $"{sized:x8}");
        function.WriteConfiguration(0x10, 4, bar);
        foreach (int offset in new[] { 0x18, 0x1C, 0x20, 0x24, 0x30 })
        {
            function.WriteConfiguration(offset, 4, 0xFFFFFFFF);
            uint got = function.ReadConfiguration(offset, 4);
            _ = context.Expect($"unimplemented BAR or ROM at {offset:x2}h", "00000000", $"{got:x8}");
        }

        byte[] all = new byte[Math.Min(4096, (int)context.Host.Client.Region(RegionInfo.ConfigurationSpace).LengthBytes)];
        context.Host.Client.ReadRegion(RegionInfo.ConfigurationSpace, 0, all);
        _ = context.Expect("configuration space in one read agrees with small ones", $"{ids:x8}", $"{BitConverter.ToUInt32(all):x8}");
        context.ExpectAlive();
    }
}
