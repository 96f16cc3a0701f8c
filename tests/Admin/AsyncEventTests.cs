using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class AsyncEventTests
{
    private const byte ErrorLogPage = 0x01;
    private const byte SmartLogPage = 0x02;
    private const byte ChangedLogPage = 0x04;
    private const int SweepsOfThePage = 16;
    private const uint InvalidRegister = 0x0001_0000;
    private const uint InvalidValue = 0x0001_0100;
    private const uint TemperatureEvent = 0x0002_0101;
    private const uint ReliabilityEvent = 0x0002_0001;
    private const uint NamespaceChanged = 0x0004_0002;

    private static SubmissionQueueEntry Request() => AdminHost.Command(AdminOpcode.AsynchronousEventRequest);

    private static void ReadLog(AdminHost host, byte lid, bool retain = false) => Assert.Equal(
        StatusCode.Success,
        host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0xFFFF_FFFF, lid | (retain ? 1u << 15 : 0) | (15u << 16))).Code);

    private static void Configure(AdminHost host, uint value) => Assert.Equal(
        StatusCode.Success,
        host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, value)).Code);

    private static void RaiseError(AdminHost host, byte information) =>
        host.Controller.Events.Raise(host.Controller, (byte)AsynchronousEventType.Error, information, ErrorLogPage);

    private static Answer TakeEvent(AdminHost host)
    {
        host.Turn();
        Answer? answer = host.Take();
        Assert.True(answer.HasValue, "no event was reported");
        Assert.Equal(StatusCode.Success, answer.Value.Code);
        return answer.Value;
    }

    private static void AssertQuiet(AdminHost host)
    {
        host.Turn();
        Assert.Null(host.Take());
    }

    [Fact]
    public void Four_requests_wait_and_the_fifth_is_over_the_limit()
    {
        using AdminHost host = new();
        for (int i = 0; i < 4; i++)
        {
            _ = host.Submit(Request());
            Assert.Null(host.Take());
        }

        Assert.Equal(StatusCode.AsynchronousEventRequestLimitExceeded, host.Run(Request()).Code);
        Assert.Equal(4, host.Controller.Events.WaitingCount);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.KeepAlive)).Code);
    }

    [Fact]
    public void An_event_ends_the_oldest_request()
    {
        using AdminHost host = new();
        ushort first = host.Submit(Request());
        _ = host.Submit(Request());
        RaiseError(host, 1);
        Answer answer = TakeEvent(host);
        Assert.Equal(first, answer.CommandIdentifier);
        Assert.Equal(InvalidValue, answer.Dword0);
        Assert.Equal(1, host.Controller.Events.WaitingCount);
    }

    [Fact]
    public void An_event_without_a_request_waits_for_one()
    {
        using AdminHost host = new();
        RaiseError(host, 0);
        Assert.Equal(InvalidRegister, host.Run(Request()).Dword0);
        Assert.Equal(0, host.Controller.Events.WaitingCount);
    }

    [Fact]
    public void A_reported_type_is_masked_until_its_log_is_read()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        RaiseError(host, 0);
        Assert.Equal(InvalidRegister, TakeEvent(host).Dword0);
        _ = host.Submit(Request());
        RaiseError(host, 0);
        RaiseError(host, 0);
        AssertQuiet(host);
        ReadLog(host, ErrorLogPage, retain: true);
        AssertQuiet(host);
        ReadLog(host, SmartLogPage);
        AssertQuiet(host);
        ReadLog(host, ErrorLogPage);
        AssertQuiet(host); // what happened before the log was read is in the log
        RaiseError(host, 0);
        Assert.Equal(InvalidRegister, TakeEvent(host).Dword0);
    }

    [Fact]
    public void Another_event_of_a_masked_type_is_dropped_with_the_log_that_tells_of_it()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        RaiseError(host, 0);
        _ = TakeEvent(host);
        RaiseError(host, 1);
        Assert.Equal(1, host.Controller.Events.PendingCount);
        ReadLog(host, ErrorLogPage);
        Assert.Equal(0, host.Controller.Events.PendingCount);
    }

    [Fact]
    public void A_failed_read_of_the_log_clears_nothing()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        RaiseError(host, 0);
        _ = TakeEvent(host);
        Answer failed = host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 1, ErrorLogPage | (15u << 16)));
        Assert.Equal(StatusCode.InvalidField, failed.Code);
        _ = host.Submit(Request());
        RaiseError(host, 0);
        AssertQuiet(host);
    }

    [Fact]
    public void Types_do_not_mask_each_other()
    {
        using AdminHost host = new();
        Configure(host, 1u << 8);
        _ = host.Submit(Request());
        _ = host.Submit(Request());
        RaiseError(host, 0);
        host.Controller.Events.ChangedNamespaces.Note(host.Controller, 1);
        Assert.Equal(InvalidRegister, TakeEvent(host).Dword0);
        Assert.Equal(NamespaceChanged, TakeEvent(host).Dword0);
    }

    [Fact]
    public void A_flood_of_events_is_bounded()
    {
        using AdminHost host = new();
        for (int i = 0; i < 1000; i++)
        {
            RaiseError(host, (byte)i);
        }

        Assert.Equal(AsyncEvents.PendingMax, host.Controller.Events.PendingCount);
    }

    [Fact]
    public void A_write_to_a_doorbell_that_does_not_exist_is_an_event()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        host.Doorbell(0x40, 1);

        // A sweep looks at a part of the page; the whole page takes as many sweeps as it has parts.
        for (int i = 0; i < SweepsOfThePage; i++)
        {
            host.Platform.NowNanoseconds += 1_000_000_000;
            host.Turn();
        }

        Assert.Equal(InvalidRegister, TakeEvent(host).Dword0);
        Assert.Equal(StatusCode.InvalidQueueIdentifier, NewestError(host));
    }

    [Fact]
    public void An_impossible_doorbell_value_is_an_event()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        host.Doorbell(0, 5000);
        Assert.Equal(InvalidValue, TakeEvent(host).Dword0);
        Assert.Equal(StatusCode.InvalidField, NewestError(host));
    }

    /// <summary>What the log page that error events name says of the newest error, which is of no command.</summary>
    private static StatusCode NewestError(AdminHost host)
    {
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x000F_0001)).Code);
        ErrorInformationLogEntry entry = host.DataAs<ErrorInformationLogEntry>();
        Assert.Equal((0xFFFF, 0xFFFF), (entry.SubmissionQueueIdentifier, entry.CommandIdentifier));
        return entry.StatusInfo.Status.Code;
    }

    [Fact]
    public void A_notice_needs_to_be_enabled()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        host.Controller.Events.ChangedNamespaces.Note(host.Controller, 1);
        AssertQuiet(host);
        Configure(host, 1u << 8);
        host.Controller.Events.ChangedNamespaces.Note(host.Controller, 2);
        Assert.Equal(NamespaceChanged, TakeEvent(host).Dword0);
        ReadLog(host, ChangedLogPage, retain: true);
        Assert.Equal(1u, host.DataAs<ChangedNamespaceList>().Identifiers[0]);
        Assert.Equal(2u, host.DataAs<ChangedNamespaceList>().Identifiers[1]);
        ReadLog(host, ChangedLogPage);
        Assert.Equal(2u, host.DataAs<ChangedNamespaceList>().Identifiers[1]);
        ReadLog(host, ChangedLogPage);
        Assert.Equal(0u, host.DataAs<ChangedNamespaceList>().Identifiers[0]);
    }

    [Fact]
    public void Changed_namespaces_are_sorted_and_each_is_named_once()
    {
        ChangedNamespaces changed = new();
        foreach (uint nsid in new uint[] { 7, 3, 7, 1, 3 })
        {
            changed.Add(nsid);
        }

        uint[] list = new uint[4];
        changed.CopyTo(list);
        Assert.Equal(new uint[] { 1, 3, 7, 0 }, list);
    }

    [Fact]
    public void More_than_1024_changed_namespaces_are_all()
    {
        ChangedNamespaces changed = new();
        for (uint nsid = 1; nsid <= 1024; nsid++)
        {
            changed.Add(nsid);
        }

        uint[] list = new uint[1024];
        changed.CopyTo(list);
        Assert.Equal(1024u, list[1023]);
        changed.Add(1025);
        Array.Clear(list);
        changed.CopyTo(list);
        Assert.Equal(0xFFFF_FFFFu, list[0]);
        Assert.Equal(0u, list[1]);
        changed.Clear();
        changed.Add(5);
        changed.CopyTo(list);
        Assert.Equal(5u, list[0]);
    }

    [Fact]
    public void A_temperature_threshold_that_is_crossed_is_an_event_once()
    {
        using AdminHost host = new();
        Configure(host, 0x02);
        _ = host.Submit(Request());
        _ = host.Submit(Request());
        uint belowNominal = HealthMonitor.NominalTemperatureKelvin - 1u;
        SubmissionQueueEntry set = AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x04, belowNominal);
        Assert.Equal(StatusCode.Success, host.RunAndReport(set, out Answer raised));
        Assert.Equal(TemperatureEvent, raised.Dword0);
        ReadLog(host, SmartLogPage);
        host.Platform.NowNanoseconds += 1_000_000_000;
        AssertQuiet(host);
    }

    [Fact]
    public void An_under_temperature_threshold_works_too()
    {
        using AdminHost host = new();
        Configure(host, 0x02);
        _ = host.Submit(Request());
        SubmissionQueueEntry set = AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x04, (1u << 20) | 400);
        Assert.Equal(StatusCode.Success, host.RunAndReport(set, out Answer raised));
        Assert.Equal(TemperatureEvent, raised.Dword0);
    }

    [Theory]
    [InlineData(0x02u, false)]
    [InlineData(0x04u, true)]
    public void A_degraded_device_tells_the_host_that_asked(uint configuration, bool isTold)
    {
        using AdminHost host = new();
        Configure(host, configuration);
        _ = host.Submit(Request());
        host.Controller.Smart.Health.IsReliabilityDegraded = true;
        host.Platform.NowNanoseconds += 1_000_000_000;
        if (isTold)
        {
            Assert.Equal(ReliabilityEvent, TakeEvent(host).Dword0);
        }
        else
        {
            AssertQuiet(host);
        }
    }

    [Fact]
    public void Enabling_the_event_of_a_condition_that_holds_reports_it()
    {
        using AdminHost host = new();
        host.Controller.Smart.Health.IsMediaReadOnly = true;
        _ = host.Submit(Request());
        AssertQuiet(host);
        Assert.Equal(StatusCode.Success, host.RunAndReport(AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x0B, 0x08), out Answer raised));
        Assert.Equal(ReliabilityEvent, raised.Dword0);
    }

    [Fact]
    public void An_aborted_request_is_forgotten()
    {
        using AdminHost host = new();
        ushort identifier = host.Submit(Request());
        ushort abort = host.Submit(AdminHost.Command(AdminOpcode.Abort, 0, (uint)identifier << 16));
        Answer first = host.Take()!.Value;
        Answer second = host.Take()!.Value;
        Assert.Equal(StatusCode.AbortRequested, (first.CommandIdentifier == identifier ? first : second).Code);
        Assert.Equal(0u, (first.CommandIdentifier == abort ? first : second).Dword0);
        Assert.Equal(0, host.Controller.Events.WaitingCount);
        RaiseError(host, 0);
        AssertQuiet(host);
        Assert.Equal(InvalidRegister, host.Run(Request()).Dword0);
    }

    [Fact]
    public void A_reset_forgets_requests_events_and_masks()
    {
        using AdminHost host = new();
        _ = host.Submit(Request());
        RaiseError(host, 0);
        _ = TakeEvent(host);
        _ = host.Submit(Request());
        RaiseError(host, 1);
        host.Reset();
        Assert.Equal(0, host.Controller.Events.WaitingCount);
        Assert.Equal(0, host.Controller.Events.PendingCount);
        AssertQuiet(host);
        _ = host.Submit(Request());
        RaiseError(host, 0);
        Assert.Equal(InvalidRegister, TakeEvent(host).Dword0);
    }
}
