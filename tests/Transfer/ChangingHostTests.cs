using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>Lists that the host changes, and memory that it takes away, while the device reads them.</summary>
public sealed unsafe class ChangingHostTests
{
    private const ulong Base = 0x1000_0000;
    private const ulong List = Base + 0x10_0000;
    private const int LeastMappings = 5_000;
    private const int LeastMeetings = 2_000;
    private const long DeadlineMilliseconds = 60_000; // for a machine whose cores have other things to do than to let the two meet

    [Fact]
    public void A_list_that_changes_after_it_was_copied_has_no_effect()
    {
        using TransferRig rig = new();
        rig.Memory.Install(Base, 0x20_0000);
        rig.Memory.MapRange(Base, 0x10_0010, isDirect: true);
        rig.Memory.MapRange(List + 16, 0xF_FFF0, isDirect: false);
        SglDescriptor good = TestHost.Descriptor(SglDescriptorType.DataBlock, Base + 0x1000, 512);
        rig.Memory.At<SglDescriptor>(List) = good;
        rig.Memory.At<SglDescriptor>(List + 16) = good;
        SubmissionQueueEntry entry = new()
        {
            Cdw0 = new CommandDword0 { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer },
            Sgl1 = TestHost.Descriptor(SglDescriptorType.LastSegment, List, 32),
        };
        rig.Prepare(in entry, DataDirection.ControllerToHost, 1024);
        Assert.Equal(TransferOutcome.Pending, rig.Mapper.Map(ref rig.Slot)); // the first half is copied, the second is on its way
        rig.Memory.At<SglDescriptor>(List) = new SglDescriptor { Identifier = new SglIdentifier(0xFF) };
        DmaStatus status = rig.NextCompletion();
        rig.Memory.At<SglDescriptor>(List + 16) = new SglDescriptor { Identifier = new SglIdentifier(0xFF) };
        Assert.Equal(TransferOutcome.Done, rig.Mapper.Resume(ref rig.Slot, status));
        Assert.Equal(2, rig.Segments.Length);
    }

    [Fact]
    public void A_list_that_changes_all_the_time_gives_old_or_new_entries_or_an_error_and_nothing_else()
    {
        using TransferRig rig = new();
        rig.Memory.InstallMapped(Base, 0x20_0000, isDirect: true);
        ulong[] choices = [Base + 0x2000, Base + 0x8000, Base + 0x8004, 0x9000_0000_0000];
        ulong* list = (ulong*)rig.Memory.Pointer(List, 4096);
        bool stop = false;
        int changes = 0;
        Thread host = new(() =>
        {
            for (int i = 0; !Volatile.Read(ref stop); i = (i + 1) & int.MaxValue)
            {
                Volatile.Write(ref list[i % 64], choices[(i / 7 % 50) == 0 ? 2 + (i % 2) : i % 2]);
                Volatile.Write(ref changes, i);
            }
        });
        for (int i = 0; i < 64; i++)
        {
            list[i] = choices[0];
        }

        host.Start();
        int successes = 0;
        int meetings = 0; // mappings during which the list changed
        try
        {
            SubmissionQueueEntry entry = new() { Prp1 = Base, Prp2 = List };
            long deadline = Environment.TickCount64 + DeadlineMilliseconds;
            for (int i = 0; (i < LeastMappings || meetings < LeastMeetings) && Environment.TickCount64 < deadline; i++)
            {
                int before = Volatile.Read(ref changes);
                StatusCode code = rig.Map(in entry, DataDirection.ControllerToHost, 9 * 4096).Code;
                meetings += Volatile.Read(ref changes) != before ? 1 : 0;
                Assert.True(code is StatusCode.Success or StatusCode.PrpOffsetInvalid or StatusCode.DataTransferError);
                if (code == StatusCode.Success)
                {
                    successes++;
                    CheckSegments(rig, choices);
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            host.Join();
        }

        Assert.True(successes > 0 && meetings >= LeastMeetings, $"{successes} were mapped, and {meetings} met a change");
    }

    private static void CheckSegments(TransferRig rig, ulong[] choices)
    {
        ulong total = 0;
        for (int i = 0; i < rig.Segments.Length; i++)
        {
            HostSegment segment = rig.Segments[i];
            total += segment.LengthBytes;
            Assert.True(i == 0 ? segment.HostAddress == Base : segment.HostAddress == choices[0] || segment.HostAddress == choices[1]);
            Assert.Equal(4096u, segment.LengthBytes);
            Assert.True(segment.Local == rig.Memory.Pointer(segment.HostAddress, segment.LengthBytes));
        }

        Assert.Equal(9u * 4096, total);
    }

    [Fact]
    public void Memory_that_is_unmapped_while_a_list_is_read_is_found_gone()
    {
        using TransferRig rig = new();
        rig.Memory.InstallMapped(Base, 0x10_0000, isDirect: true);
        rig.Memory.InstallMapped(List, 0x1000, isDirect: false);
        rig.Memory.At<ulong>(List) = Base + 0x1000;
        rig.Memory.At<ulong>(List + 8) = Base + 0x4000;
        SubmissionQueueEntry entry = new() { Prp1 = Base, Prp2 = List };
        rig.Prepare(in entry, DataDirection.ControllerToHost, 12288);
        Assert.Equal(TransferOutcome.Pending, rig.Mapper.Map(ref rig.Slot));
        rig.Memory.UnmapRange(Base, 0x10_0000);
        Assert.Equal(TransferOutcome.Failed, rig.Mapper.Resume(ref rig.Slot, rig.NextCompletion()));
        Assert.Equal(StatusCode.DataTransferError, rig.Slot.Status.Code);
    }

    [Fact]
    public void Memory_that_is_mapped_again_by_another_pointer_is_found_there()
    {
        using TransferRig rig = new();
        rig.Memory.InstallMapped(Base, 0x4000, isDirect: true);
        SubmissionQueueEntry entry = new() { Prp1 = Base + 0x1000 };
        Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, 512).IsSuccess);
        byte* before = rig.Segments[0].Local;
        rig.Memory.UnmapRange(Base, 0x4000);
        byte* elsewhere = stackalloc byte[512];
        HostMemoryRegion region = new()
        {
            Address = Base + 0x1000,
            Last = Base + 0x11FF,
            Pointer = elsewhere,
            Access = HostAccess.Read | HostAccess.Write,
            BackingHandle = -1,
        };
        Assert.True(rig.Memory.Map.TryAdd(in region));
        Assert.True(rig.Map(in entry, DataDirection.ControllerToHost, 512).IsSuccess);
        Assert.True(rig.Segments[0].Local == elsewhere && elsewhere != before);
        Assert.Equal(StatusCode.DataTransferError, rig.Map(in entry, DataDirection.ControllerToHost, 513).Code);
    }
}
