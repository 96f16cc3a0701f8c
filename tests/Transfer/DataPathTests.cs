using Nvmepf.Hal;
using Xunit;

namespace Nvmepf.Tests.Transfer;

/// <summary>
/// The whole way of the data, from queue to media and back, against a shadow of the media: random data pointers over memory that is
/// reached by pointer, by DMA or by both; then with faults, with resets in the middle, and with memory that comes and goes.
/// </summary>
public sealed class DataPathTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_byte_arrives(int seed)
    {
        using DataPathSimulation simulation = new(seed);
        simulation.Run(400);
        simulation.Drain();
        Assert.Equal(0, simulation.Errors);
        Assert.True(simulation.ReadsCompared > 50, $"only {simulation.ReadsCompared} reads were compared");
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Faults_of_dma_and_media_hit_the_commands_that_met_them_and_no_other(int seed)
    {
        using DataPathSimulation simulation = new(seed);
        simulation.Platform.Dma.FailOneIn = 40;
        simulation.Platform.Dma.FaultsFromAddress = DataPathSimulation.DataMemory; // queues that cannot be reached are another story
        simulation.Backend.FailOneIn = 30;
        simulation.Backend.BusyOneIn = 5;
        simulation.Run(500);
        simulation.Platform.Dma.FailOneIn = 0;
        simulation.Backend.FailOneIn = 0;
        simulation.Drain();
        Assert.True(simulation.Errors > 5 && simulation.ReadsCompared > 20);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void Resets_in_the_middle_leave_nothing_behind(int seed)
    {
        using DataPathSimulation simulation = new(seed);
        ResetKind[] kinds = [ResetKind.FunctionLevel, ResetKind.Conventional];
        for (int round = 0; round < 12; round++)
        {
            simulation.Run(40);
            if (round % 3 == 2)
            {
                simulation.LoseLink();
            }
            else
            {
                simulation.Reset(kinds[round % 2]);
            }
        }

        simulation.Run(100);
        simulation.Drain();
        Assert.Equal(0, simulation.Errors);
        Assert.True(simulation.ReadsCompared > 20);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void Memory_that_is_taken_away_is_not_touched_any_more(int seed)
    {
        using DataPathSimulation simulation = new(seed);
        for (int round = 0; round < 12; round++)
        {
            simulation.Run(30);
            simulation.TakeMemoryAway();
            simulation.Run(30);
            simulation.GiveMemoryBack();
        }

        simulation.Drain();
        Assert.True(simulation.Errors > 0, "nobody met the missing memory");
        Assert.True(simulation.ReadsCompared > 20);
    }
}
