// What a host writes to BAR 0 where nothing is expected is found where BAR 0 is cached as well: the sweeps refresh what they look at.
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class BarSweepTests
{
    private const int CallsOfWholePage = 16;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Doorbells_of_no_queue_are_found_a_part_of_the_page_a_call(bool barInCarveOut)
    {
        using BoardRig rig = new(new BoardRigOptions { HasBarInCarveOut = barInCarveOut });
        using QueueSet queues = new(rig.Platform, 4, 64);
        rig.Start();
        BoardNvmeHost host = new(rig, () => false);
        Assert.Equal(0, CallsThatFound(queues, out _));
        foreach (int word in new[] { 0, 63, 64, 1000, 1023 })
        {
            uint offset = Bar0Layout.DoorbellBase + ((uint)word * sizeof(uint));
            host.Write32(offset, 5);
            Assert.Equal(1, CallsThatFound(queues, out int call));
            Assert.Equal(word / 64, call);
            Assert.Equal(0u, host.Read32(offset));
        }

        Assert.Equal(0, CallsThatFound(queues, out _));
        rig.AssertClean();
    }

    [Fact]
    public void Without_the_refresh_they_would_not_be_found()
    {
        using BoardRig rig = new(new BoardRigOptions { ForgetsCaches = true });
        using QueueSet queues = new(rig.Platform, 4, 64);
        rig.Start();
        Assert.Equal(0, CallsThatFound(queues, out _));
        new BoardNvmeHost(rig, () => false).Write32(Bar0Layout.DoorbellBase + 4000, 5);
        Assert.Equal(0, CallsThatFound(queues, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reserved_registers_are_repaired_all_over_the_page(bool barInCarveOut)
    {
        using BoardRig rig = new(new BoardRigOptions { HasBarInCarveOut = barInCarveOut });
        RegisterFile registers = new(rig.Platform, new ControllerSettings { SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test", Serial = "1" });
        rig.Start();
        BoardNvmeHost host = new(rig, () => false);
        Sweep(registers);
        foreach (uint offset in new uint[] { 0x80, 0x7FC, 0xFFC })
        {
            // The line is in the CPU's cache, as after any speculative load.
            _ = Mmio.Read32(rig.Platform.Bar0.Word32(offset));
            host.Write32(offset, 0xA5A5_A5A5);
            Sweep(registers);
            Assert.Equal(0u, host.Read32(offset));
        }

        rig.AssertClean();
    }

    private static void Sweep(RegisterFile registers)
    {
        for (int i = 0; i < 512; i++)
        {
            _ = registers.PollHost();
        }
    }

    private static int CallsThatFound(QueueSet queues, out int last)
    {
        int found = 0;
        last = -1;
        for (int i = 0; i < CallsOfWholePage; i++)
        {
            if (queues.SweepForeignDoorbells())
            {
                found++;
                last = i;
            }
        }

        return found;
    }
}
