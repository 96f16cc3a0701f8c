using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>Options for the kernel's fabrics host, as text.</summary>
public sealed class FabricsConnectionTests
{
    private const string Good = "transport=tcp,traddr=192.0.2.1,trsvcid=4420,nqn=nqn.2026-01.test:volume";

    [Theory]
    [InlineData(Good, null)]
    [InlineData("transport=tcp,traddr=192.0.2.1", "transport, traddr or nqn is missing")]
    [InlineData("transport=tcp,traddr,nqn=a", "not KEY=VALUE,KEY=VALUE... without blanks")]
    [InlineData("transport=tcp, traddr=a,nqn=b", "not KEY=VALUE,KEY=VALUE... without blanks")]
    [InlineData("transport=tcp,traddr=a,nqn=b,nqn=c", "a key is given twice")]
    public void Options_are_checked(string options, string? problem) => Assert.Equal(problem, FabricsConnection.Check(options));

    [Fact]
    public void A_host_identity_and_a_quick_reconnect_are_added_where_none_is_given()
    {
        string complete = FabricsConnection.Complete(Good, "nqn.2026-01.test:board");
        Assert.StartsWith(Good + ",hostnqn=nqn.2014-08.org.nvmexpress:uuid:", complete, StringComparison.Ordinal);
        Assert.EndsWith(",reconnect_delay=2", complete, StringComparison.Ordinal);
        Assert.Equal(complete, FabricsConnection.Complete(Good, "nqn.2026-01.test:board"));
        Assert.Equal("nqn.2014-08.org.nvmexpress:uuid:" + FabricsConnection.Value(complete, "hostid"), FabricsConnection.Value(complete, "hostnqn"));
        string own = Good + ",hostnqn=nqn.x,hostid=1,reconnect_delay=9";
        Assert.Equal(own, FabricsConnection.Complete(own, "nqn.2026-01.test:board"));
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("hostnqn", "nqn.2014-08.org.nvmexpress:uuid:an-operator", false)] // somebody else's, not to be used or taken apart
    [InlineData("subsysnqn", "nqn.2026-01.test:volume2", false)]
    [InlineData("address", "traddr=192.0.2.1,trsvcid=44200,src_addr=192.0.2.9", false)]
    [InlineData("address", "traddr=192.0.2.10,trsvcid=4420", false)]
    [InlineData("transport", "rdma", false)]
    public void A_connection_is_ours_where_target_and_host_identity_are_the_same(string different, string value, bool isOurs)
    {
        string complete = FabricsConnection.Complete(Good, "nqn.2026-01.test:board");
        Dictionary<string, string> attributes = new()
        {
            ["transport"] = "tcp",
            ["subsysnqn"] = "nqn.2026-01.test:volume",
            ["address"] = "traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.9",
            ["hostnqn"] = FabricsConnection.Value(complete, "hostnqn")!,
        };
        if (different.Length > 0)
        {
            attributes[different] = value;
        }

        Assert.Equal(isOurs, FabricsConnection.IsConnection(complete, attribute => attributes[attribute]));
    }

    [Fact]
    public void The_last_function_of_a_subsystem_takes_its_connection_apart()
    {
        FabricsConnection.Enter(Good, "nqn.2026-01.test:one");
        FabricsConnection.Enter(Good, "nqn.2026-01.test:one");
        FabricsConnection.Enter(Good, "nqn.2026-01.test:other");
        Assert.False(FabricsConnection.Leave(Good, "nqn.2026-01.test:one"));
        Assert.True(FabricsConnection.Leave(Good, "nqn.2026-01.test:other"));
        Assert.True(FabricsConnection.Leave(Good, "nqn.2026-01.test:one"));
    }

    [Fact]
    public void Nobody_waits_for_a_target_when_the_process_is_asked_to_end()
    {
        const string Nowhere = "transport=none,traddr=192.0.2.1,nqn=nqn.2026-01.test:nothing"; // no kernel connects to that
        int stop = Events.Create(1, EventFlags.NonBlocking);
        try
        {
            using EventLog log = new(Stream.Null);
            PassthroughSettings settings = new() { SubsystemNqn = "nqn.2026-01.test:board", ConnectOptions = Nowhere };
            PlatformException problem = Assert.Throws<PlatformException>(
                () => new TargetSupervisor(settings, 65536, new TargetWait(long.MaxValue / 2, stop), log));
            Assert.Contains("asked to end", problem.Message, StringComparison.Ordinal);
        }
        finally
        {
            _ = Files.Close(stop);
        }
    }
}
