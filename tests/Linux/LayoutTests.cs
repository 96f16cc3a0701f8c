using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed unsafe class LayoutTests
{
    [Fact]
    public void The_file_layouts_are_the_kernels()
    {
        Assert.Equal(16, sizeof(IoVector));
        Assert.Equal(8, Offset<IoVector>(nameof(IoVector.LengthBytes)));
        Assert.Equal(256, sizeof(FileStatus));
        Assert.Equal(16, Offset<FileStatus>(nameof(FileStatus.LinkCount)));
        Assert.Equal(28, Offset<FileStatus>(nameof(FileStatus.Mode)));
        Assert.Equal(32, Offset<FileStatus>(nameof(FileStatus.Inode)));
        Assert.Equal(40, Offset<FileStatus>(nameof(FileStatus.SizeBytes)));
        Assert.Equal(48, Offset<FileStatus>(nameof(FileStatus.AllocatedSectors512)));
        Assert.Equal(128, Offset<FileStatus>(nameof(FileStatus.RepresentedDeviceMajor)));
        Assert.Equal(136, Offset<FileStatus>(nameof(FileStatus.DeviceMajor)));
        Assert.Equal(152, Offset<FileStatus>(nameof(FileStatus.DirectIoMemoryAlignmentBytes)));
        Assert.Equal(156, Offset<FileStatus>(nameof(FileStatus.DirectIoOffsetAlignmentBytes)));
    }

    [Fact]
    public void The_socket_layouts_are_the_kernels()
    {
        Assert.Equal(56, sizeof(MessageHeader));
        Assert.Equal(16, Offset<MessageHeader>(nameof(MessageHeader.Vectors)));
        Assert.Equal(24, Offset<MessageHeader>(nameof(MessageHeader.VectorCount)));
        Assert.Equal(32, Offset<MessageHeader>(nameof(MessageHeader.Control)));
        Assert.Equal(40, Offset<MessageHeader>(nameof(MessageHeader.ControlLengthBytes)));
        Assert.Equal(48, Offset<MessageHeader>(nameof(MessageHeader.Flags)));
        Assert.Equal(16, sizeof(ControlHeader));
        Assert.Equal(8, Offset<ControlHeader>(nameof(ControlHeader.Level)));
        Assert.Equal(12, Offset<ControlHeader>(nameof(ControlHeader.Type)));
        Assert.Equal(110, sizeof(UnixAddress));
        Assert.Equal(2, Offset<UnixAddress>(nameof(UnixAddress.Path)));
        Assert.Equal(12, sizeof(PeerCredentials));
    }

    [Fact]
    public void The_event_and_time_layouts_are_the_kernels()
    {
        Assert.Equal(8, sizeof(PollDescriptor));
        Assert.Equal(4, Offset<PollDescriptor>(nameof(PollDescriptor.Events)));
        Assert.Equal(6, Offset<PollDescriptor>(nameof(PollDescriptor.Returned)));
        Assert.Equal(16, sizeof(TimeSpecification));
        Assert.Equal(8, Offset<TimeSpecification>(nameof(TimeSpecification.Nanoseconds)));
    }

    [Fact]
    public void The_io_uring_entries_are_the_kernels()
    {
        Assert.Equal(64, sizeof(SubmissionEntry));
        Assert.Equal(1, Offset<SubmissionEntry>(nameof(SubmissionEntry.Flags)));
        Assert.Equal(2, Offset<SubmissionEntry>(nameof(SubmissionEntry.Priority)));
        Assert.Equal(4, Offset<SubmissionEntry>(nameof(SubmissionEntry.Fd)));
        Assert.Equal(8, Offset<SubmissionEntry>(nameof(SubmissionEntry.Offset)));
        Assert.Equal(16, Offset<SubmissionEntry>(nameof(SubmissionEntry.Address)));
        Assert.Equal(24, Offset<SubmissionEntry>(nameof(SubmissionEntry.Length)));
        Assert.Equal(28, Offset<SubmissionEntry>(nameof(SubmissionEntry.OperationFlags)));
        Assert.Equal(32, Offset<SubmissionEntry>(nameof(SubmissionEntry.UserData)));
        Assert.Equal(40, Offset<SubmissionEntry>(nameof(SubmissionEntry.BufferIndex)));
        Assert.Equal(42, Offset<SubmissionEntry>(nameof(SubmissionEntry.Personality)));
        Assert.Equal(44, Offset<SubmissionEntry>(nameof(SubmissionEntry.FileIndex)));
        Assert.Equal(48, Offset<SubmissionEntry>(nameof(SubmissionEntry.Address3)));
        Assert.Equal(16, sizeof(IoUringCompletion));
        Assert.Equal(8, Offset<IoUringCompletion>(nameof(IoUringCompletion.Result)));
        Assert.Equal(12, Offset<IoUringCompletion>(nameof(IoUringCompletion.Flags)));
    }

    [Fact]
    public void The_wide_io_uring_entries_and_the_nvme_commands_are_the_kernels()
    {
        Assert.Equal(128, sizeof(WideSubmissionEntry));
        Assert.Equal(4, Offset<WideSubmissionEntry>(nameof(WideSubmissionEntry.Fd)));
        Assert.Equal(8, Offset<WideSubmissionEntry>(nameof(WideSubmissionEntry.CommandOperation)));
        Assert.Equal(32, Offset<WideSubmissionEntry>(nameof(WideSubmissionEntry.UserData)));
        Assert.Equal(48, Offset<WideSubmissionEntry>(nameof(WideSubmissionEntry.Command)));
        Assert.Equal(32, sizeof(IoUringWideCompletion));
        Assert.Equal(8, Offset<IoUringWideCompletion>(nameof(IoUringWideCompletion.Result)));
        Assert.Equal(16, Offset<IoUringWideCompletion>(nameof(IoUringWideCompletion.CommandResult)));
        Assert.Equal(72, sizeof(NvmeUringCommand));
        Assert.Equal(4, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.NamespaceIdentifier)));
        Assert.Equal(16, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.Metadata)));
        Assert.Equal(24, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.Address)));
        Assert.Equal(36, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.DataLength)));
        Assert.Equal(40, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.Cdw10)));
        Assert.Equal(60, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.Cdw15)));
        Assert.Equal(64, Offset<NvmeUringCommand>(nameof(NvmeUringCommand.TimeoutMilliseconds)));
        // _IOWR('N', 0x80..0x83, 72 bytes)
        Assert.Equal((3u << 30) | (72u << 16) | ('N' << 8) | 0x80u, (uint)NvmeUringOperation.Io);
        Assert.Equal((uint)NvmeUringOperation.Io + 1, (uint)NvmeUringOperation.IoVectors);
        Assert.Equal((uint)NvmeUringOperation.Io + 2, (uint)NvmeUringOperation.Admin);
        Assert.Equal((uint)NvmeUringOperation.Io + 3, (uint)NvmeUringOperation.AdminVectors);
    }

    [Fact]
    public void The_nvme_ioctl_layout_is_the_kernels()
    {
        Assert.Equal(80, sizeof(NvmePassthroughCommand));
        Assert.Equal(0, Offset<NvmePassthroughCommand>(nameof(NvmePassthroughCommand.Command)));
        Assert.Equal(72, Offset<NvmePassthroughCommand>(nameof(NvmePassthroughCommand.Result)));
    }

    [Fact]
    public void The_io_uring_set_up_layouts_are_the_kernels()
    {
        Assert.Equal(120, sizeof(IoUringParameters));
        Assert.Equal(8, Offset<IoUringParameters>(nameof(IoUringParameters.Flags)));
        Assert.Equal(20, Offset<IoUringParameters>(nameof(IoUringParameters.Features)));
        Assert.Equal(28, Offset<IoUringParameters>(nameof(IoUringParameters.Reserved)));
        Assert.Equal(40, Offset<IoUringParameters>(nameof(IoUringParameters.SubmissionRing)));
        Assert.Equal(80, Offset<IoUringParameters>(nameof(IoUringParameters.CompletionRing)));
        Assert.Equal(40, sizeof(SubmissionRingOffsets));
        Assert.Equal(16, Offset<SubmissionRingOffsets>(nameof(SubmissionRingOffsets.Flags)));
        Assert.Equal(24, Offset<SubmissionRingOffsets>(nameof(SubmissionRingOffsets.Array)));
        Assert.Equal(40, sizeof(CompletionRingOffsets));
        Assert.Equal(16, Offset<CompletionRingOffsets>(nameof(CompletionRingOffsets.Overflow)));
        Assert.Equal(20, Offset<CompletionRingOffsets>(nameof(CompletionRingOffsets.Entries)));
    }

    [Fact]
    public void The_io_uring_registration_layouts_are_the_kernels()
    {
        Assert.Equal(32, sizeof(ResourceRegister));
        Assert.Equal(16, Offset<ResourceRegister>(nameof(ResourceRegister.Data)));
        Assert.Equal(16, sizeof(ResourceUpdate));
        Assert.Equal(8, Offset<ResourceUpdate>(nameof(ResourceUpdate.Data)));
        Assert.Equal(32, sizeof(ResourceUpdate2));
        Assert.Equal(8, Offset<ResourceUpdate2>(nameof(ResourceUpdate2.Data)));
        Assert.Equal(24, Offset<ResourceUpdate2>(nameof(ResourceUpdate2.Count)));
        Assert.Equal(24, sizeof(IoUringWaitArgument));
        Assert.Equal(16, Offset<IoUringWaitArgument>(nameof(IoUringWaitArgument.Timeout)));
        Assert.Equal(16, sizeof(ProbeHeader));
        Assert.Equal(1, Offset<ProbeHeader>(nameof(ProbeHeader.Count)));
        Assert.Equal(8, sizeof(ProbeRecord));
        Assert.Equal(2, Offset<ProbeRecord>(nameof(ProbeRecord.Flags)));
    }

    [Theory]
    [InlineData(OpenFlags.Direct, 0x4000, 0x10000)]
    [InlineData(OpenFlags.Directory, 0x10000, 0x4000)]
    [InlineData(OpenFlags.NoFollow, 0x20000, 0x8000)]
    [InlineData(OpenFlags.CloseOnExec | OpenFlags.ReadWrite | OpenFlags.Direct, 0x84002, 0x90002)]
    public void Open_flags_are_translated_for_each_machine(OpenFlags flags, int x64, int arm64)
    {
        Assert.Equal(x64, Files.ToNative(flags, arm64: false));
        Assert.Equal(arm64, Files.ToNative(flags, arm64: true));
        Assert.Equal(flags, Files.FromNative(x64 | 0x8000, arm64: false));
        Assert.Equal(flags, Files.FromNative(arm64 | 0x20000, arm64: true));
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 8)]
    public void Poll_events_are_packed_on_one_machine_only(bool arm64, int dataOffset)
    {
        Assert.Equal(dataOffset, Events.DataOffset(arm64));
        Assert.Equal(152, sizeof(BusErrorGuard.SignalAction));
        Assert.Equal(136, Offset<BusErrorGuard.SignalAction>(nameof(BusErrorGuard.SignalAction.Flags)));
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
