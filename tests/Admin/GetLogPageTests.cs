using System.Runtime.InteropServices;
using System.Text;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class GetLogPageTests
{
    private const uint Broadcast = 0xFFFF_FFFF;

    private static SubmissionQueueEntry Read(
        byte lid, uint lengthBytes, ulong offset = 0, uint nsid = Broadcast, bool retain = false, uint dword14 = 0, ushort lsi = 0)
    {
        uint dwords = (lengthBytes / 4) - 1;
        uint cdw10 = lid | (retain ? 1u << 15 : 0) | (dwords << 16);
        return AdminHost.Command(AdminOpcode.GetLogPage, nsid, cdw10, (dwords >> 16) | ((uint)lsi << 16), (uint)offset, (uint)(offset >> 32), dword14);
    }

    [Theory]
    [InlineData(0x0000_0000u, 0x0000_0000u, 4ul)]
    [InlineData(0x007F_0002u, 0x0000_0000u, 512ul)]
    [InlineData(0xFFFF_0002u, 0x0000_0000u, 0x4_0000ul)]
    [InlineData(0x0000_0002u, 0x0000_0001u, 0x4_0004ul)]
    [InlineData(0x007F_0002u, 0xABCD_0000u, 512ul)] // the upper half of CDW11 is LSI
    [InlineData(0xFFFF_FFFFu, 0xFFFF_FFFFu, 0x4_0000_0000ul)]
    public void Length_comes_from_both_halves_of_NUMD(uint cdw10, uint cdw11, ulong expectedBytes)
    {
        SubmissionQueueEntry entry = AdminHost.Command(AdminOpcode.GetLogPage, 0, cdw10, cdw11);
        Assert.Equal(expectedBytes, Nvmepf.Firmware.Commands.Admin.GetLogPage.LengthBytes(in entry));
    }

    [Theory]
    [InlineData(0u, 0u, 0ul)]
    [InlineData(0x204u, 0u, 0x204ul)]
    [InlineData(0x207u, 0u, 0x204ul)] // taken as dword aligned
    [InlineData(0x10u, 0x2u, 0x2_0000_0010ul)]
    public void Offset_comes_from_both_halves_of_LPO(uint cdw12, uint cdw13, ulong expectedBytes)
    {
        SubmissionQueueEntry entry = AdminHost.Command(AdminOpcode.GetLogPage, 0, 0, 0, cdw12, cdw13);
        Assert.Equal(expectedBytes, Nvmepf.Firmware.Commands.Admin.GetLogPage.OffsetBytes(in entry));
    }

    [Theory]
    [InlineData(0x06)] // device self-test
    [InlineData(0x0C)] // ANA
    [InlineData(0x70)]
    [InlineData(0xC2)]
    [InlineData(0xFF)]
    public void An_unknown_page_is_an_invalid_log_page(byte lid)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.InvalidLogPage, host.Run(Read(lid, 512)).Code);
    }

    [Theory]
    [InlineData(0u, StatusCode.Success)]
    [InlineData(Broadcast, StatusCode.Success)]
    [InlineData(1u, StatusCode.InvalidField)]
    [InlineData(99u, StatusCode.InvalidField)]
    public void SMART_is_the_controllers_only(uint nsid, StatusCode expected)
    {
        using AdminHost host = new();
        Assert.Equal(expected, host.Run(Read(0x02, 512, nsid: nsid)).Code);
    }

    [Fact]
    public void More_than_MDTS_is_an_invalid_field()
    {
        using AdminHost host = new(settings: AdminHost.DefaultSettings with { MaximumTransferBytes = 8192 });
        Assert.Equal(StatusCode.Success, host.Run(Read(0x01, 8192)).Code);
        Assert.Equal(StatusCode.InvalidField, host.Run(Read(0x01, 8196)).Code);
        Assert.Equal(StatusCode.InvalidField, host.Run(AdminHost.Command(AdminOpcode.GetLogPage, Broadcast, 0xFFFF_0001, 0xFFFF)).Code);
    }

    [Theory]
    [InlineData(508ul, StatusCode.Success)]
    [InlineData(512ul, StatusCode.Success)]
    [InlineData(516ul, StatusCode.InvalidField)]
    [InlineData(0x1_0000_0000ul, StatusCode.InvalidField)]
    public void An_offset_beyond_the_end_is_an_invalid_field(ulong offset, StatusCode expected)
    {
        using AdminHost host = new();
        Assert.Equal(expected, host.Run(Read(0x02, 4, offset)).Code);
    }

    [Fact]
    public void An_index_offset_is_an_invalid_field()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.InvalidField, host.Run(Read(0x01, 64, dword14: 1u << 23)).Code);
    }

    [Fact]
    public void A_page_read_in_pieces_is_the_page_read_whole()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Read(0x05, 4096)).Code);
        byte[] whole = host.Data(4096).ToArray();
        byte[] pieces = new byte[4096];
        for (int offset = 0; offset < 4096; offset += 512)
        {
            Assert.Equal(StatusCode.Success, host.Run(Read(0x05, 512, (ulong)offset)).Code);
            host.Data(512).CopyTo(pieces.AsSpan(offset));
        }

        Assert.Equal(whole, pieces);
        Assert.Contains(whole, b => b != 0);
    }

    [Fact]
    public void Bytes_beyond_the_end_are_zero()
    {
        using AdminHost host = new();
        host.Data(8192).Fill(0xA5);
        LeaveDataInBuffers(host.Controller.Home.Buffers);
        LeaveDataInBuffers(host.Controller.Home.SmallBuffers);
        Assert.Equal(StatusCode.Success, host.Run(Read(0x03, 1024)).Code);
        Assert.False(host.Data(1024)[512..].ContainsAnyExcept((byte)0));
        Assert.Equal(0xA5, host.Data(1025)[1024]);
    }

    /// <summary>Every transfer buffer is as the data of other commands left it.</summary>
    private static unsafe void LeaveDataInBuffers(BufferPool pool)
    {
        for (int i = 0; i < pool.Count; i++)
        {
            new Span<byte>(pool[i], (int)pool.BufferLengthBytes).Fill(0x5A);
        }
    }

    [Fact]
    public void Supported_pages_are_those_that_can_be_read()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Read(0x00, 1024)).Code);
        SupportedLogPagesLog log = host.DataAs<SupportedLogPagesLog>();
        for (int lid = 0; lid < 256; lid++)
        {
            bool readable = host.Run(Read((byte)lid, 4, lsi: 1)).Code == StatusCode.Success;
            Assert.Equal(readable, log.LogPages[lid].LogPageSupported);
        }

        foreach (int lid in new[] { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x09, 0x0F, 0x12, 0x13, 0x80, 0xC0, 0xC1 })
        {
            Assert.True(log.LogPages[lid].LogPageSupported);
            Assert.False(log.LogPages[lid].IndexOffsetSupported);
        }
    }

    [Fact]
    public void Effects_are_those_of_the_command_table()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Read(0x05, 4096)).Code);
        ref CommandsSupportedAndEffectsLog log = ref host.DataAs<CommandsSupportedAndEffectsLog>();
        for (int opcode = 0; opcode < 256; opcode++)
        {
            Assert.Equal(CommandTable.Admin((byte)opcode) is not null, log.AdminCommands[opcode].CommandSupported);
            bool isThere = CommandTable.Io((byte)opcode) is not null && opcode is not (0x0D or 0x0E or 0x11 or 0x15); // no namespace has reservations
            Assert.Equal(isThere, log.IoCommands[opcode].CommandSupported);
        }

        Assert.True(log.AdminCommands[(int)AdminOpcode.Identify].CommandSupported);
    }

    [Theory]
    [InlineData(true, StatusCode.InvalidField)]
    [InlineData(false, StatusCode.Success)] // CSI is ignored unless the host enabled all command sets
    public void Effects_of_another_command_set_are_an_invalid_field(bool allCommandSets, StatusCode expected)
    {
        using AdminHost host = new(allCommandSets: allCommandSets);
        Assert.Equal(expected, host.Run(Read(0x05, 4096, dword14: 2u << 24)).Code);
    }

    [Fact]
    public void Feature_effects_are_those_of_the_features_that_can_be_read()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Read(0x12, 1024)).Code);
        FeatureIdentifiersSupportedAndEffectsLog log = host.DataAs<FeatureIdentifiersSupportedAndEffectsLog>();
        for (uint fid = 0; fid < 256; fid++)
        {
            Answer capabilities = host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 0, fid | (3u << 8)));
            Assert.Equal(capabilities.Code == StatusCode.Success, log.Features[(int)fid].FeatureSupported);
        }

        Assert.Equal(EffectsScope.Namespace, log.Features[0x05].Scope);
        Assert.Equal(EffectsScope.Controller, log.Features[0x07].Scope);
    }

    [Fact]
    public void The_firmware_slot_is_one_and_active()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(Read(0x03, 512)).Code);
        ref FirmwareSlotInformationLog log = ref host.DataAs<FirmwareSlotInformationLog>();
        Assert.Equal(1, log.ActiveFirmwareInfo.Raw);
        Assert.Equal("1.2.3   ", Encoding.ASCII.GetString(log.FirmwareRevisions[0]));
        Assert.Equal(0, log.FirmwareRevisions[1][0]);
    }

    [Theory]
    [InlineData(0ul, 0ul)]
    [InlineData(1ul, 1ul)]
    [InlineData(512_000ul, 1ul)]
    [InlineData(512_001ul, 2ul)]
    [InlineData(ulong.MaxValue, 36_028_797_018_964ul)]
    public void Data_units_are_rounded_up(ulong bytes, ulong expected) =>
        Assert.Equal(expected, Nvmepf.Firmware.Commands.Admin.LogPages.SmartHealthPage.DataUnits(bytes));

    [Fact]
    public void SMART_shows_the_counters()
    {
        using AdminHost host = new();
        SmartCounters smart = host.Controller.Smart;
        MediaCounters first = host.Controller.Engine.Media;
        MediaCounters second = smart.AddEngine();
        first.BytesRead = 512_000;
        second.BytesRead = 1;
        second.BytesWritten = 5 * 512_000;
        first.HostReadCommands = 11;
        second.HostWriteCommands = 12;
        first.MediaErrors = 6;
        second.MediaErrors = 7;
        smart.UnsafeShutdowns = 14;
        smart.BusyNanoseconds = 150_000_000_000;
        host.Platform.NowNanoseconds += 7L * 3600 * 1_000_000_000;
        _ = host.Run(AdminHost.Command((AdminOpcode)0xEE));
        Assert.Equal(StatusCode.Success, host.Run(Read(0x02, 512)).Code);
        ref SmartHealthLog log = ref host.DataAs<SmartHealthLog>();
        Assert.Equal((UInt128)2, log.DataUnitsReadIn1000LogicalUnits);
        Assert.Equal((UInt128)5, log.DataUnitsWrittenIn1000LogicalUnits);
        Assert.Equal((UInt128)11, log.HostReadCommands);
        Assert.Equal((UInt128)12, log.HostWriteCommands);
        Assert.Equal((UInt128)13, log.MediaAndDataIntegrityErrors);
        Assert.Equal((UInt128)14, log.UnsafeShutdowns);
        Assert.Equal((UInt128)2, log.ControllerBusyTimeMinutes);
        Assert.Equal((UInt128)7, log.PowerOnHours);
        Assert.Equal((UInt128)1, log.PowerCycles);
        Assert.Equal((UInt128)1, log.NumberOfErrorInformationLogEntries);
        Assert.Equal(CriticalWarning.NvmSubsystemReliabilityDegraded, log.CriticalWarning);
        Assert.Equal(HealthMonitor.NominalTemperatureKelvin, log.CompositeTemperatureKelvin);
        Assert.Equal(0, log.TemperatureSensorsKelvin[0]);
        Assert.Equal(100, log.AvailableSparePercent);
    }

    [Fact]
    public void SMART_shows_warnings_that_hold()
    {
        using AdminHost host = new();
        host.Controller.Smart.Health.IsReliabilityDegraded = true;
        host.Controller.Smart.Health.IsMediaReadOnly = true;
        host.Controller.Smart.Health.CompositeTemperatureKelvin = HealthMonitor.WarningTemperatureKelvin;
        Assert.Equal(StatusCode.Success, host.Run(Read(0x02, 512)).Code);
        Assert.Equal(0x0E, (byte)host.DataAs<SmartHealthLog>().CriticalWarning);
    }

    [Fact]
    public void SMART_counts_writes_media_errors_and_busy_time()
    {
        FakeBackend backend = new() { FlushOutcome = BackendOutcome.Pending };
        using AdminHost host = new([AdminHost.Namespace(1, backend)]);
        Assert.Equal(StatusCode.Success, host.RunIo(TestHost.Blocks(NvmOpcode.Write, 0, 1)));
        backend.WriteStatus = StatusCode.WriteFault;
        Assert.Equal(StatusCode.WriteFault, host.RunIo(TestHost.Blocks(NvmOpcode.Write, 3, 1)));
        _ = host.Submit(AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x06, 0)); // flushes, and waits for it
        host.Platform.NowNanoseconds += 121_000_000_000;
        host.Turn();
        host.Controller.Engine.BackendCompleted(backend.PendingTag, 0);
        host.Turn();
        Assert.Equal(StatusCode.Success, host.Take()!.Value.Code);
        host.Platform.NowNanoseconds += 3600_000_000_000;
        Assert.Equal(StatusCode.Success, host.Run(Read(0x02, 512)).Code);
        ref SmartHealthLog log = ref host.DataAs<SmartHealthLog>();
        Assert.Equal((UInt128)2, log.HostWriteCommands);
        Assert.Equal((UInt128)1, log.DataUnitsWrittenIn1000LogicalUnits);
        Assert.Equal((UInt128)1, log.MediaAndDataIntegrityErrors);
        Assert.Equal((UInt128)2, log.ControllerBusyTimeMinutes);
        Assert.Equal((UInt128)1, log.NumberOfErrorInformationLogEntries);
        Assert.Equal(CriticalWarning.NvmSubsystemReliabilityDegraded, log.CriticalWarning);
        Assert.Equal(StatusCode.Success, host.Run(Read(0x01, 64)).Code);
        ref ErrorInformationLogEntry error = ref host.DataAs<ErrorInformationLogEntry>();
        Assert.Equal(3ul, error.Lba);
        Assert.Equal(1u, error.NamespaceIdentifier);
        Assert.Equal(1, error.SubmissionQueueIdentifier);
    }

    [Fact]
    public void Diagnostics_counts_commands()
    {
        using AdminHost host = new();
        _ = host.Run(AdminHost.Command((AdminOpcode)0xEE));
        Assert.Equal(StatusCode.Success, host.Run(Read(0xC0, 512)).Code);
        ref DiagnosticsLog log = ref host.DataAs<DiagnosticsLog>();
        Assert.Equal(9u, log.LayoutVersion);
        Assert.Equal(0u, log.ShadowDoorbellQueues);
        Assert.Equal(1ul, log.CommandsCompleted);
        Assert.Equal(1ul, log.CommandsFailed);
        Assert.Equal(1ul, log.CommandsInFlight);
        Assert.True(log.InterruptsRaised > 0);
        Assert.Equal(1ul, log.FetchBatches); // the visit that took this command has not ended
    }

    [Theory]
    [InlineData(nameof(DiagnosticsLog.LayoutVersion), 0)]
    [InlineData(nameof(DiagnosticsLog.FirmwareRevision), 8)]
    [InlineData(nameof(DiagnosticsLog.UptimeNanoseconds), 16)]
    [InlineData(nameof(DiagnosticsLog.CommandsCompleted), 24)]
    [InlineData(nameof(DiagnosticsLog.CommandsFailed), 32)]
    [InlineData(nameof(DiagnosticsLog.CommandsInFlight), 40)]
    [InlineData(nameof(DiagnosticsLog.Stalls), 48)]
    [InlineData(nameof(DiagnosticsLog.InterruptsRaised), 56)]
    [InlineData(nameof(DiagnosticsLog.Turns), 64)]
    [InlineData(nameof(DiagnosticsLog.ProductiveTurns), 72)]
    [InlineData(nameof(DiagnosticsLog.CommandsFetchedSquared), 80)]
    [InlineData(nameof(DiagnosticsLog.FetchBatches), 88)]
    [InlineData(nameof(DiagnosticsLog.Sleeps), 96)]
    [InlineData(nameof(DiagnosticsLog.ManagedBytesAllocated), 104)]
    [InlineData(nameof(DiagnosticsLog.GarbageCollections), 112)]
    [InlineData(nameof(DiagnosticsLog.RingEnters), 448)]
    [InlineData(nameof(DiagnosticsLog.BusyNanoseconds), 456)]
    [InlineData(nameof(DiagnosticsLog.FixedTransfers), 464)]
    [InlineData(nameof(DiagnosticsLog.EachReactor), 128)]
    [InlineData(nameof(DiagnosticsLog.ShadowDoorbellQueues), 472)]
    [InlineData(nameof(DiagnosticsLog.PolledTransfers), 480)]
    [InlineData(nameof(DiagnosticsLog.EachReactorBusyNanoseconds), 512)]
    [InlineData(nameof(DiagnosticsLog.CoreOffers), 576)]
    public void The_diagnostics_page_has_its_layout(string field, int offset)
    {
        Assert.Equal(1024, Marshal.SizeOf<DiagnosticsLog>());
        Assert.Equal(offset, (int)Marshal.OffsetOf<DiagnosticsLog>(field));
    }
}
