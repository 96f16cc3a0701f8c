using System.Runtime.InteropServices;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>Entries against dwords written out from the standard's figures.</summary>
public sealed class NvmeCommandsTests
{
    private static uint Dword(SubmissionQueueEntry entry, int index) =>
        MemoryMarshal.Cast<SubmissionQueueEntry, uint>(new ReadOnlySpan<SubmissionQueueEntry>(in entry))[index];

    [Fact]
    public void Create_completion_queue()
    {
        SubmissionQueueEntry entry = NvmeCommands.CreateCompletionQueue(3, 1024, 0x1_2345_6000, 7);
        Assert.Equal(0x05u, Dword(entry, 0));
        Assert.Equal(0x23456000u, Dword(entry, 6));
        Assert.Equal(0x1u, Dword(entry, 7));
        Assert.Equal(0x03FF0003u, Dword(entry, 10));
        Assert.Equal(0x00070003u, Dword(entry, 11));
        Assert.Equal(0x00000001u, Dword(NvmeCommands.CreateCompletionQueue(3, 2, 0), 11));
    }

    [Fact]
    public void Create_submission_queue()
    {
        SubmissionQueueEntry entry = NvmeCommands.CreateSubmissionQueue(2, 64, 0x5000, 9);
        Assert.Equal(0x01u, Dword(entry, 0));
        Assert.Equal(0x003F0002u, Dword(entry, 10));
        Assert.Equal(0x00090001u, Dword(entry, 11));
    }

    [Fact]
    public void Get_log_page_splits_its_counts()
    {
        SubmissionQueueEntry entry = NvmeCommands.GetLogPage(0x02, 0x40004, 0x1_0000_0010, retainAsynchronousEvent: true);
        Assert.Equal(0x00008002u, Dword(entry, 10));
        Assert.Equal(0x00000001u, Dword(entry, 11));
        Assert.Equal(0x10u, Dword(entry, 12));
        Assert.Equal(0x1u, Dword(entry, 13));
        Assert.Equal(0x007F0002u, Dword(NvmeCommands.GetLogPage(0x02, 512, 0, retainAsynchronousEvent: false), 10));
    }

    [Fact]
    public void Block_commands_have_their_range_and_fua()
    {
        SubmissionQueueEntry entry = NvmeCommands.BlockCommand(NvmOpcode.Write, 5, 0x1_0000_0002, 8, forceUnitAccess: true);
        Assert.Equal([0x01u, 5u], [Dword(entry, 0), Dword(entry, 1)]);
        Assert.Equal([2u, 1u, 0x40000007u], [Dword(entry, 10), Dword(entry, 11), Dword(entry, 12)]);
    }

    [Fact]
    public void Sgl_commands_say_so_in_psdt()
    {
        SubmissionQueueEntry entry = NvmeCommands.BlockCommand(NvmOpcode.Read, 1, 0, 1).WithSgl(SglBuilder.DataBlock(0xABC, 512));
        Assert.Equal(0x4002u, Dword(entry, 0));
        Assert.Equal(0xABCu, Dword(entry, 6));
        Assert.Equal(512u, Dword(entry, 8));
    }

    [Fact]
    public void Features_abort_and_dataset_management()
    {
        Assert.Equal(0x80000001u, Dword(NvmeCommands.SetFeatures(1, 0, save: true), 10));
        Assert.Equal(0x00000307u, Dword(NvmeCommands.GetFeatures(7, select: 3), 10));
        Assert.Equal(0x00210004u, Dword(NvmeCommands.Abort(4, 0x21), 10));
        Assert.Equal([255u, 4u], [Dword(NvmeCommands.DatasetManagement(1, 256), 10), Dword(NvmeCommands.DatasetManagement(1, 256), 11)]);
    }
}
