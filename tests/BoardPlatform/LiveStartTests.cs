// A controller that is stopped and started again while its process lives, on the board: the host sees the device go with its link and finds it again
// as after power on, with what was written on its disk; an end of the process leaves the link.
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class LiveStartTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 5_000_000)]
    public void The_host_sees_a_function_that_leaves_its_bus_gone_and_one_that_comes_unconfigured(bool hasCarveOuts, int delayNanoseconds)
    {
        using BoardRig rig = new(new BoardRigOptions { HasBarInCarveOut = hasCarveOuts, HasBuffersInCarveOut = hasCarveOuts });
        using TransferMix first = new(rig, 1);
        rig.Start();
        first.SubmitSome();
        rig.RunUntilIdle();
        first.CheckAll(allowErrors: false);
        rig.Faults.LinkDownDelayNanoseconds = delayNanoseconds;
        rig.Platform.LeaveBus();
        Assert.False(rig.Soc.Host.IsLinkUp);
        Assert.Equal((TlpStatus.UnsupportedRequest, uint.MaxValue), (rig.Soc.Host.ConfigRead(0, 4, out uint identity), identity));
        rig.Platform.Dispose();
        rig.Soc.Advance(50_000_000);
        Assert.False(rig.Soc.Host.IsLinkUp);

        rig.Replace();
        Assert.False(rig.Platform.Endpoint.IsLinkKept);
        rig.RunUntil(() => rig.Soc.Host.IsLinkUp, "the link trains again");
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigRead(0x04, 2, out uint command));
        Assert.Equal((0ul, 0u), (rig.Soc.Host.BarAddress(0), command & 6));
        rig.ConnectHost();
        rig.Completions.Clear();
        using TransferMix second = new(rig, 2);
        second.SubmitSome();
        rig.RunUntilIdle();
        rig.Soc.Advance(30_000);
        second.CheckAll(allowErrors: false);
        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    [Fact]
    public void Nobody_reads_or_writes_through_bar_0_any_more_when_the_link_goes()
    {
        using BoardRig rig = new();
        rig.Start();
        TlpStatus atTheEnd = TlpStatus.Success;
        rig.Faults.LinkDownDelayNanoseconds = 1_000_000;
        byte[] word = new byte[4];
        rig.OnSleep = () =>
        {
            if (rig.Soc.Host.IsLinkUp)
            {
                atTheEnd = rig.Soc.Host.BarRead(0, 0x1C, word);
            }
        };
        rig.Platform.LeaveBus();
        Assert.Equal(TlpStatus.UnsupportedRequest, atTheEnd);
    }

    [Fact]
    public void An_end_without_leaving_keeps_the_link_for_the_firmware_that_comes_next()
    {
        using BoardRig rig = new();
        rig.Start();
        rig.Platform.Dispose();
        Assert.True(rig.Soc.Host.IsLinkUp);
        rig.Replace();
        Assert.True(rig.Platform.Endpoint.IsLinkKept);
        rig.RunUntil(() => rig.Platform.IsBusMasterEnabled, "the link is taken over");
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.BarRead(0, 0, new byte[4]));
        rig.AssertClean();
    }

    [Fact]
    public void A_controller_stops_and_starts_again_in_a_process_that_goes_on_and_its_disk_has_what_was_written()
    {
        using BoardFirmware firmware = new();
        Random random = new(1);
        for (int life = 0; life < 3; life++)
        {
            firmware.ConnectHost();
            firmware.Host.Enable();
            firmware.Host.CreateIoQueues();
            if (life > 0)
            {
                Assert.Equal(0, firmware.Host.Transfer(isWrite: false, 7, 1, BoardFirmware.DataAt));
                Assert.Equal(life, firmware.Rig.Host.Memory[BoardFirmware.DataAt]);
            }

            Assert.True(firmware.WriteAndRead(random, 64, 100));
            firmware.Rig.Host.Memory.AsSpan(BoardFirmware.DataAt, 512).Fill((byte)(life + 1));
            Assert.Equal(0, firmware.Host.Transfer(isWrite: true, 7, 1, BoardFirmware.DataAt));
            firmware.Leave();
            Assert.False(firmware.Rig.Soc.Host.IsLinkUp);
            firmware.Come();
        }

        firmware.Rig.AssertClean();
        Assert.Equal(0, firmware.Rig.Host.StrayWrites);
    }

    [Fact]
    public void A_controller_stops_while_a_reset_of_the_link_is_held_and_starts_again()
    {
        using BoardFirmware firmware = new();
        firmware.ConnectHost();
        firmware.Rig.Soc.Host.HotReset();
        _ = firmware.Turn();
        firmware.Leave();
        firmware.Come();
        firmware.ConnectHost();
        firmware.Host.Enable();
        firmware.Host.CreateIoQueues();
        Assert.True(firmware.WriteAndRead(new Random(2), 8, 0));
        firmware.Rig.AssertClean();
    }
}
