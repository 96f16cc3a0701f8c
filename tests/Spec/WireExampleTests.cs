using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Spec;

// Values as hosts write them and controllers answer them, whole: what the field-by-field tables cannot show.
public sealed class WireExampleTests
{
    [Theory]
    [InlineData(RegisterOffset.ControllerCapabilities, 0x00)]
    [InlineData(RegisterOffset.Version, 0x08)]
    [InlineData(RegisterOffset.InterruptMaskSet, 0x0C)]
    [InlineData(RegisterOffset.InterruptMaskClear, 0x10)]
    [InlineData(RegisterOffset.ControllerConfiguration, 0x14)]
    [InlineData(RegisterOffset.ControllerStatus, 0x1C)]
    [InlineData(RegisterOffset.NvmSubsystemReset, 0x20)]
    [InlineData(RegisterOffset.AdminQueueAttributes, 0x24)]
    [InlineData(RegisterOffset.AdminSubmissionQueueBase, 0x28)]
    [InlineData(RegisterOffset.AdminCompletionQueueBase, 0x30)]
    [InlineData(RegisterOffset.ControllerMemoryBufferLocation, 0x38)]
    [InlineData(RegisterOffset.ControllerMemoryBufferSize, 0x3C)]
    [InlineData(RegisterOffset.BootPartitionInformation, 0x40)]
    [InlineData(RegisterOffset.BootPartitionReadSelect, 0x44)]
    [InlineData(RegisterOffset.BootPartitionMemoryBufferLocation, 0x48)]
    [InlineData(RegisterOffset.ControllerMemoryBufferMemorySpaceControl, 0x50)]
    [InlineData(RegisterOffset.ControllerMemoryBufferStatus, 0x58)]
    [InlineData(RegisterOffset.ControllerMemoryBufferElasticityBufferSize, 0x5C)]
    [InlineData(RegisterOffset.ControllerMemoryBufferSustainedWriteThroughput, 0x60)]
    [InlineData(RegisterOffset.NvmSubsystemShutdown, 0x64)]
    [InlineData(RegisterOffset.ControllerReadyTimeouts, 0x68)]
    [InlineData(RegisterOffset.PersistentMemoryRegionCapabilities, 0xE00)]
    [InlineData(RegisterOffset.PersistentMemoryRegionControl, 0xE04)]
    [InlineData(RegisterOffset.PersistentMemoryRegionStatus, 0xE08)]
    [InlineData(RegisterOffset.PersistentMemoryRegionElasticityBufferSize, 0xE0C)]
    [InlineData(RegisterOffset.PersistentMemoryRegionSustainedWriteThroughput, 0xE10)]
    [InlineData(RegisterOffset.PersistentMemoryRegionMemorySpaceControlLower, 0xE14)]
    [InlineData(RegisterOffset.PersistentMemoryRegionMemorySpaceControlUpper, 0xE18)]
    [InlineData(RegisterOffset.Doorbells, 0x1000)]
    public void A_register_is_at_its_offset(int actual, int expected) => Assert.Equal(expected, actual);

    [Theory]
    [InlineData(0, 0, 0x1000, 0x1004)]
    [InlineData(1, 0, 0x1008, 0x100C)]
    [InlineData(4, 0, 0x1020, 0x1024)]
    [InlineData(1, 2, 0x1020, 0x1030)]
    [InlineData(65535, 0, 0x1000 + (65535 * 8), 0x1004 + (65535 * 8))]
    public void Doorbells_are_a_stride_apart(ushort queue, byte stride, int tail, int head)
    {
        Assert.Equal(tail, RegisterOffset.SubmissionQueueTailDoorbell(queue, stride));
        Assert.Equal(head, RegisterOffset.CompletionQueueHeadDoorbell(queue, stride));
    }

    [Fact]
    public void Capabilities_of_a_plain_controller()
    {
        var capabilities = new ControllerCapabilities
        {
            MaximumQueueEntriesSupportedZeroBased = 1023,
            ContiguousQueuesRequired = true,
            TimeoutIn500Milliseconds = 15,
            CommandSetsSupported = CommandSetsSupported.NvmCommandSet | CommandSetsSupported.IoCommandSets,
        };
        Assert.Equal(0x0000_0820_0F01_03FFul, capabilities.Raw);
    }

    [Fact]
    public void Configuration_that_a_host_enables_with()
    {
        // 4 KiB pages, round robin, 64-byte and 16-byte entries.
        var configuration = new ControllerConfiguration(0x0046_0001);
        Assert.True(configuration.Enable);
        Assert.Equal(IoCommandSetSelected.NvmCommandSet, configuration.IoCommandSetSelected);
        Assert.Equal(0, configuration.MemoryPageSize);
        Assert.Equal(ArbitrationMechanism.RoundRobin, configuration.ArbitrationMechanismSelected);
        Assert.Equal(ShutdownNotification.None, configuration.ShutdownNotification);
        Assert.Equal(6, configuration.IoSubmissionQueueEntrySizeLog2);
        Assert.Equal(4, configuration.IoCompletionQueueEntrySizeLog2);
        configuration = configuration with
        {
            IoCommandSetSelected = IoCommandSetSelected.AllSupportedIoCommandSets,
            ShutdownNotification = ShutdownNotification.Normal,
        };
        Assert.Equal(0x0046_4061u, configuration.Raw);
    }

    [Fact]
    public void Controller_status_of_a_complete_shutdown()
    {
        Assert.Equal(0x9u, new ControllerStatus { Ready = true, ShutdownStatus = ShutdownStatus.Complete }.Raw);
        Assert.True(new ControllerStatus(0x2).ControllerFatalStatus);
    }

    [Fact]
    public void Admin_queue_attributes_and_bases()
    {
        Assert.Equal(0x001F_003Fu, new AdminQueueAttributes { SubmissionQueueSizeZeroBased = 63, CompletionQueueSizeZeroBased = 31 }.Raw);
        Assert.Equal(0x1234_5678_9000ul, new AdminQueueBase(0x1234_5678_9ABC).Address);
        Assert.Equal(0x1234_5678_9ABCul, new AdminQueueBase(0x1234_5678_9ABC).Raw);
        Assert.Equal(0xFFFF_FFFF_FFFF_F000ul, new AdminQueueBase { Address = ulong.MaxValue }.Raw);
        Assert.Equal(0x0002_0100u, new Nvmepf.Spec.Version { Major = 2, Minor = 1 }.Raw);
    }

    [Theory]
    [InlineData(StatusCode.Success, false, 0x0000)]
    [InlineData(StatusCode.InvalidField, true, 0x4002)]
    [InlineData(StatusCode.InvalidQueueIdentifier, true, 0x4101)]
    [InlineData(StatusCode.LbaOutOfRange, true, 0x4080)]
    [InlineData(StatusCode.CompareFailure, false, 0x0285)]
    [InlineData(StatusCode.CommandAbortedByHost, false, 0x0371)]
    public void A_status_in_the_completion_is_above_the_phase_tag(StatusCode code, bool doNotRetry, int raw)
    {
        var status = new Status(code, doNotRetry);
        Assert.Equal(raw, status.Raw);
        Assert.Equal(code, status.Code);
        Assert.Equal(code == StatusCode.Success, status.IsSuccess);
        Assert.NotEqual(status.IsSuccess, status.IsError);
        Assert.Equal((raw << 1) | 1, new CompletionStatus { PhaseTag = true, Status = status }.Raw);
        Assert.Equal(raw << 1, new CompletionStatus { Status = status, PhaseTag = false }.Raw);
        Assert.Equal(status, new CompletionStatus((ushort)((raw << 1) | 1)).Status);
    }

    [Fact]
    public void A_status_compares_by_all_its_bits_and_its_code_by_type_and_code()
    {
        Status plain = StatusCode.InvalidField;
        Status marked = plain.WithDoNotRetry().WithMore().WithCommandRetryDelay(2);
        Assert.Equal(0x0002, plain.Raw);
        Assert.Equal(0x7002, marked.Raw);
        Assert.True(plain != marked);
        Assert.True(plain == Status.FromStatusCode(StatusCode.InvalidField));
        Assert.Equal(plain.Code, marked.Code);
        Assert.Equal(0x7FFF, new Status(0xFFFF).Raw);
        Assert.True(Status.Success == default);
    }

    [Fact]
    public void Setting_the_status_of_a_completion_keeps_the_phase_tag()
    {
        var word = new CompletionStatus { PhaseTag = true };
        word = word with { Status = new Status(0x7FFF) };
        Assert.Equal(0xFFFF, word.Raw);
        word = word with { Status = Status.Success };
        Assert.Equal(0x0001, word.Raw);
    }

    [Fact]
    public void A_read_command_byte_for_byte()
    {
        var entry = new SubmissionQueueEntry
        {
            Cdw0 = new CommandDword0 { Opcode = (byte)NvmOpcode.Read, CommandIdentifier = 0x1234 },
            NamespaceIdentifier = 1,
            Prp1 = 0x0000_0001_0000_0200,
            Prp2 = 0x0000_0001_0000_1000,
            StartingLba = 0x0000_0002_0000_0003,
            Cdw12 = new ReadWriteDword12 { NumberOfLogicalBlocksZeroBased = 7, ForceUnitAccess = true }.Raw,
        };
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionQueueEntry>(in entry)).ToArray();
        Assert.Equal(
            "02003412" + "01000000" + "0000000000000000" + "0000000000000000" + "0002000001000000" + "0010000001000000"
            + "03000000" + "02000000" + "07000040" + "00000000" + "00000000" + "00000000",
            Convert.ToHexString(bytes));
        Assert.Equal(3u, entry.Cdw10);
        Assert.Equal(2u, entry.Cdw11);
        Assert.Equal(DataTransferDirection.ControllerToHost, Opcode.DataTransferDirection(entry.Cdw0.Opcode));
    }

    [Fact]
    public void A_completion_byte_for_byte()
    {
        var entry = new CompletionQueueEntry
        {
            Dword0 = 0x0040_003F,
            SubmissionQueueHeadPointer = 5,
            SubmissionQueueIdentifier = 2,
            CommandIdentifier = 0x1234,
            CompletionStatus = new CompletionStatus { PhaseTag = true, Status = new Status(StatusCode.InvalidField, doNotRetry: true) },
        };
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<CompletionQueueEntry>(in entry)).ToArray();
        Assert.Equal("3F004000" + "00000000" + "0500" + "0200" + "3412" + "0580", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(0x00, SglDescriptorType.DataBlock, SglDescriptorSubType.Address)]
    [InlineData(0x10, SglDescriptorType.BitBucket, SglDescriptorSubType.Address)]
    [InlineData(0x20, SglDescriptorType.Segment, SglDescriptorSubType.Address)]
    [InlineData(0x30, SglDescriptorType.LastSegment, SglDescriptorSubType.Address)]
    [InlineData(0x01, SglDescriptorType.DataBlock, SglDescriptorSubType.Offset)]
    [InlineData(0x5A, SglDescriptorType.TransportDataBlock, SglDescriptorSubType.TransportSpecificA)]
    public void An_sgl_descriptor_has_its_type_in_the_last_byte(byte raw, SglDescriptorType type, SglDescriptorSubType subType)
    {
        var entry = new SubmissionQueueEntry
        {
            Sgl1 = new SglDescriptor
            {
                Address = 0x1122_3344_5566_7788,
                LengthBytes = 0x99AA_BBCC,
                Identifier = new SglIdentifier { Type = type, SubType = subType },
            },
        };
        Assert.Equal(raw, entry.Sgl1.Identifier.Raw);
        Assert.Equal(0x1122_3344_5566_7788ul, entry.Prp1);
        Assert.Equal(0x99AA_BBCCul | ((ulong)raw << 56), entry.Prp2);
    }

    [Fact]
    public void A_prp_entry_splits_at_the_memory_page()
    {
        var entry = new PrpEntry(0x0000_0001_2345_6789);
        Assert.Equal(0x789u, entry.Offset(4096));
        Assert.Equal(0x0000_0001_2345_6000ul, entry.PageBase(4096));
        Assert.Equal(0x6789u, entry.Offset(65536));
        Assert.Equal(0x0000_0001_2345_0000ul, entry.PageBase(65536));
        Assert.Equal(0xFFFF_FFFF_FFFF_F000ul, new PrpEntry(ulong.MaxValue).PageBase(4096));
        Assert.Equal(0x0000_0001_2345_6789ul, entry.Raw);
    }

    [Fact]
    public void Queue_creation_for_1024_entries_on_vector_1()
    {
        Assert.Equal(0x03FF_0001u, new CreateIoQueueDword10 { QueueIdentifier = 1, QueueSizeZeroBased = 1023 }.Raw);
        Assert.Equal(
            0x0001_0003u,
            new CreateIoCompletionQueueDword11 { PhysicallyContiguous = true, InterruptsEnabled = true, InterruptVector = 1 }.Raw);
        Assert.Equal(
            0x0001_0005u,
            new CreateIoSubmissionQueueDword11
            {
                PhysicallyContiguous = true, QueuePriority = QueuePriority.Medium, CompletionQueueIdentifier = 1,
            }.Raw);
    }

    [Fact]
    public void Admin_command_words_as_hosts_send_them()
    {
        Assert.Equal(0x0000_0001u, new IdentifyDword10 { Cns = Cns.Controller }.Raw);
        Assert.Equal(0x0200_0000u, new IdentifyDword11 { CommandSetIdentifier = CommandSetIdentifier.ZonedNamespace }.Raw);
        Assert.Equal(
            0x007F_8002u,
            new GetLogPageDword10
            {
                LogPageIdentifier = LogPageId.SmartHealthInformation, RetainAsynchronousEvent = true, NumberOfDwordsLowerZeroBased = 127,
            }.Raw);
        Assert.Equal(0x8000_0006u, new SetFeaturesDword10 { FeatureIdentifier = FeatureId.VolatileWriteCache, Save = true }.Raw);
        Assert.Equal(
            0x0000_0307u,
            new GetFeaturesDword10
            {
                FeatureIdentifier = FeatureId.NumberOfQueues, Select = FeatureSelect.SupportedCapabilities,
            }.Raw);
        Assert.Equal(
            0x0004_0002u,
            new AsynchronousEventDword0
            {
                EventType = AsynchronousEventType.Notice,
                EventInformation = (byte)NoticeEventInformation.AttachedNamespaceAttributeChanged,
                LogPageIdentifier = LogPageId.ChangedAttachedNamespaceList,
            }.Raw);
        Assert.Equal(0xFFFF, ParameterErrorLocation.NotSpecific.Raw);
        Assert.Equal(0x0218, new ParameterErrorLocation { Byte = 24, Bit = 2 }.Raw);
    }

    [Fact]
    public void Text_fields_are_spans_of_their_bytes()
    {
        var identify = default(IdentifyController);
        Encoding.ASCII.GetBytes("SERIAL", identify.SerialNumber);
        identify.PowerStateDescriptors[31].MaximumPower = 0x1234;
        identify.MaximumDataTransferSize = 7;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<IdentifyController>(in identify));
        Assert.True(bytes.Slice(4, 6).SequenceEqual("SERIAL"u8));
        Assert.Equal(7, bytes[77]);
        Assert.Equal(0x34, bytes[3040]);
        Assert.Equal(0x12, bytes[3041]);
        Assert.Equal(6 + 1 + 2, bytes.ToArray().Count(value => value != 0));
    }

    [Fact]
    public void Counters_of_16_bytes_are_little_endian()
    {
        var log = default(SmartHealthLog);
        log.PowerOnHours = new UInt128(0x0102_0304_0506_0708, 0x090A_0B0C_0D0E_0F10);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<SmartHealthLog>(in log));
        Assert.Equal("100F0E0D0C0B0A090807060504030201", Convert.ToHexString(bytes.Slice(128, 16)));
    }

    [Theory]
    [InlineData((byte)AdminOpcode.Identify, DataTransferDirection.ControllerToHost)]
    [InlineData((byte)AdminOpcode.CreateIoSubmissionQueue, DataTransferDirection.HostToController)]
    [InlineData((byte)AdminOpcode.Abort, DataTransferDirection.None)]
    [InlineData((byte)NvmOpcode.DatasetManagement, DataTransferDirection.HostToController)]
    [InlineData((byte)NvmOpcode.Verify, DataTransferDirection.None)]
    [InlineData((byte)AdminOpcode.FabricsCommands, DataTransferDirection.Bidirectional)]
    public void An_opcode_says_where_its_data_goes(byte opcode, DataTransferDirection direction) =>
        Assert.Equal(direction, Opcode.DataTransferDirection(opcode));

    [Fact]
    public void Constants_of_size_agree_with_the_types()
    {
        Assert.Equal(SubmissionQueueEntry.SizeBytes, Unsafe.SizeOf<SubmissionQueueEntry>());
        Assert.Equal(CompletionQueueEntry.SizeBytes, Unsafe.SizeOf<CompletionQueueEntry>());
        Assert.Equal(SglDescriptor.SizeBytes, Unsafe.SizeOf<SglDescriptor>());
        Assert.Equal(PrpEntry.SizeBytes, Unsafe.SizeOf<PrpEntry>());
        Assert.Equal(DatasetManagementRange.SizeBytes, Unsafe.SizeOf<DatasetManagementRange>());
        Assert.Equal(IdentifyData.SizeBytes, Unsafe.SizeOf<IdentifyController>());
        Assert.Equal(256, DatasetManagementRange.MaximumRanges);
        Assert.Equal(8, HostIdentifierFeature.SizeBytes);
        Assert.Equal(16, HostIdentifierFeature.ExtendedSizeBytes);
        Assert.Equal(0xFFFF_FFFFu, SubmissionQueueEntry.BroadcastNamespaceIdentifier);
    }
}
