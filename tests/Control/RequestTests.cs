using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Xunit;

namespace Nvmepf.Tests.Control;

/// <summary>What a host sees of the requests that change a controller while it is served.</summary>
public sealed class RequestTests
{
    private const uint NamespaceChanged = 0x0004_0002;

    private static AdminHost Start(int capacity = 8)
    {
        AdminHost host = new(namespaces: [AdminHost.Namespace(1)], capacity: capacity);
        Answer configured = host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 0x100));
        Assert.Equal(StatusCode.Success, configured.Code);
        return host;
    }

    private static ControlError Ask(AdminHost host, ControlRequest request, int turns = 20)
    {
        Assert.Equal(ControlError.None, host.Controller.Control.Post(request));
        for (int i = 0; i < turns && !request.IsEnded; i++)
        {
            host.Turn();
        }

        Assert.True(request.IsEnded, "the request has not ended");
        return request.Error;
    }

    private static void AssertChanged(AdminHost host, uint identifier)
    {
        Answer? answer = host.Take();
        Assert.True(answer.HasValue, "the host heard of no change");
        Assert.Equal(NamespaceChanged, answer.Value.Dword0);
        _ = host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0xFFFF_FFFF, 4 | (1023u << 16)));
        Assert.Equal(identifier, host.DataAs<uint>());
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
    }

    private static uint[] ActiveList(AdminHost host)
    {
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.ActiveNamespaceList)).Code);
        return [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(host.Data(64)).ToArray().TakeWhile(value => value != 0)];
    }

    private static ulong SizeBlocks(AdminHost host, uint identifier)
    {
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, identifier, (uint)Cns.Namespace)).Code);
        return host.DataAs<ulong>();
    }

    [Fact]
    public void A_namespace_comes_changes_and_goes_before_the_eyes_of_a_host()
    {
        using AdminHost host = Start();
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        NvmeNamespace added = new(3, new NullBackend(1 << 20), 512, Guid.NewGuid(), new byte[16]);
        Assert.Equal(ControlError.None, Ask(host, new AddNamespaceRequest(host.Controller, added)));
        AssertChanged(host, 3);
        Assert.Equal([1u, 3u], ActiveList(host));
        Assert.Equal(2048u, SizeBlocks(host, 3));

        Assert.Equal(ControlError.None, Ask(host, new ResizeNamespaceRequest(3, 2 << 20)));
        AssertChanged(host, 3);
        Assert.Equal(4096u, SizeBlocks(host, 3));

        Assert.Equal(ControlError.None, Ask(host, new SetNamespaceActiveRequest(3, false)));
        AssertChanged(host, 3);
        Assert.Equal([1u], ActiveList(host));
        Assert.Equal(ControlError.None, Ask(host, new SetNamespaceActiveRequest(3, true)));
        AssertChanged(host, 3);
        Assert.Equal([1u, 3u], ActiveList(host));

        RemoveNamespaceRequest remove = new(3);
        Assert.Equal(ControlError.None, Ask(host, remove));
        Assert.Same(added, remove.Removed);
        AssertChanged(host, 3);
        Assert.Equal([1u], ActiveList(host));
    }

    [Fact]
    public void A_smaller_size_ends_at_the_last_whole_block_and_commands_beyond_it_are_refused()
    {
        using AdminHost host = Start();
        Assert.Equal(ControlError.None, Ask(host, new ResizeNamespaceRequest(1, 1000)));
        Assert.Equal(1u, SizeBlocks(host, 1));
        SubmissionQueueEntry write = new() { Cdw0 = new CommandDword0 { Opcode = (byte)NvmOpcode.Write }, NamespaceIdentifier = 1 };
        Assert.Equal(StatusCode.Success, host.RunIo(write));
        write.StartingLba = 1;
        Assert.Equal(StatusCode.LbaOutOfRange, host.RunIo(write));
    }

    [Fact]
    public void What_cannot_be_done_says_why_and_changes_nothing()
    {
        using AdminHost host = Start(2);
        NvmeNamespace Make(uint identifier) => new(identifier, new NullBackend(1 << 20), 512, Guid.NewGuid(), new byte[16]);
        Assert.Equal(ControlError.NamespaceExists, Ask(host, new AddNamespaceRequest(host.Controller, Make(1))));
        Assert.Equal(ControlError.NamespaceIdTooLarge, Ask(host, new AddNamespaceRequest(host.Controller, Make(3))));
        Assert.Equal(ControlError.None, Ask(host, new AddNamespaceRequest(host.Controller, Make(2))));
        Assert.Equal(ControlError.NoSuchNamespace, Ask(host, new RemoveNamespaceRequest(9)));
        Assert.Equal(ControlError.NoSuchNamespace, Ask(host, new SetNamespaceActiveRequest(9, true)));
        Assert.Equal(ControlError.NoSuchNamespace, Ask(host, new ResizeNamespaceRequest(9, 1 << 20)));
        Assert.Equal(ControlError.TooSmall, Ask(host, new ResizeNamespaceRequest(1, 511)));
        Assert.Equal(ControlError.CannotResize, Ask(host, new ResizeNamespaceRequest(1, 1UL << 40)));
        Assert.Equal([1u, 2u], ActiveList(host));
    }

    [Fact]
    public void A_namespace_with_commands_that_do_not_end_stays()
    {
        FakeBackend backend = new() { FlushOutcome = BackendOutcome.Pending };
        using AdminHost host = new(namespaces: [AdminHost.Namespace(1, backend)], capacity: 8);
        host.SubmitIo(NvmOpcode.Flush, 1);
        RemoveNamespaceRequest remove = new(1) { TimeoutNanoseconds = 10_000_000_000 };
        Assert.Equal(ControlError.None, host.Controller.Control.Post(remove));
        for (int i = 0; i < 20; i++)
        {
            host.Turn();
        }

        Assert.False(remove.IsEnded);
        Assert.Empty(ActiveList(host));
        host.Platform.NowNanoseconds += 10_000_000_000;
        for (int i = 0; i < 20; i++)
        {
            host.Turn();
        }

        Assert.Equal(ControlError.TimedOut, remove.Error);
        Assert.Equal([1u], ActiveList(host));
    }

    [Fact]
    public void A_link_reset_leaves_the_registers_as_after_power_on_and_the_host_enables_anew()
    {
        using AdminHost host = Start();
        Assert.Equal(ControlError.None, Ask(host, new LinkResetRequest()));
        Assert.Equal(ControllerState.Disabled, host.Controller.State);
        Assert.True(host.Controller.IsLinkUp);
        host.Reset();
        Assert.Equal([1u], ActiveList(host));
    }

    [Fact]
    public void A_shutdown_flushes_and_is_for_good()
    {
        using AdminHost host = Start();
        Assert.Equal(ControlError.None, Ask(host, new ShutdownRequest()));
        Assert.True(host.Controller.IsStopped);
    }
}
