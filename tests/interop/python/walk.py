"""The walk of the README from Python: `python walk.py HOST:PORT ARTICLE`.

Stubs are generated from the contract into a folder on PYTHONPATH, as README.md beside the walks
tells. What it prints is compared with expected.txt, which is the same for every language.
"""

import sys
from pathlib import Path

import grpc
from chancery.v1 import assessment_pb2 as assessments
from chancery.v1 import assessment_service_pb2 as edits
from chancery.v1 import assessment_service_pb2_grpc as assessment_service
from chancery.v1 import assessment_state_pb2 as states
from chancery.v1 import document_service_pb2 as documents
from chancery.v1 import document_service_pb2_grpc as document_service
from chancery.v1 import element_pb2 as elements
from chancery.v1 import likelihood_pb2 as likelihoods
from chancery.v1 import red_line_pb2 as red_lines
from chancery.v1 import risk_pb2 as risks
from google.protobuf import field_mask_pb2 as field_masks
from google.rpc import error_details_pb2 as error_details
from grpc_status import rpc_status

DEADLINE_SECONDS = 20


def main(address, article):
    with grpc.insecure_channel(address) as channel:
        service = assessment_service.AssessmentServiceStub(channel)
        read(service)
        draft(document_service.DocumentServiceStub(channel), article)
        write(service)
        fail(service)


def read(service):
    print("red lines, three to a page")
    request = red_lines.ListRedLinesRequest(parent="assessments/-", page_size=3)
    while True:
        page = service.ListRedLines(request, timeout=DEADLINE_SECONDS)
        for line in page.red_lines:
            print(f"  {line.name.split('/')[-1]} | {line.actor} | {line.stance}")
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    print("the one that claims")
    request = red_lines.ListRedLinesRequest(parent="assessments/-", filter="posture = CLAIMS")
    (found,) = service.ListRedLines(request, timeout=DEADLINE_SECONDS).red_lines
    line = service.GetRedLine(
        red_lines.GetRedLineRequest(name=found.name), timeout=DEADLINE_SECONDS
    )
    print(f"  {line.name}")
    print(f"  {red_lines.Posture.Name(line.posture)}: {line.stance}")
    for citation in line.citations:
        print(f"  bytes {citation.start}..{citation.end}: {citation.quote}")


def draft(service, article):
    print("an article, drafted and not kept")
    text = Path(article).read_bytes()
    half = len(text) // 2

    def messages():
        options = documents.ImportOptions(media_type="text/markdown", dry_run=True)
        yield documents.ImportDocumentRequest(options=options)
        yield documents.ImportDocumentRequest(chunk=text[:half])
        yield documents.ImportDocumentRequest(chunk=text[half:])

    drafted = service.ImportDocument(messages(), timeout=DEADLINE_SECONDS)
    print(f"  {drafted.assessment.title}")
    for line in drafted.assessment.red_lines:
        print(f"  red line: {line.title} | {line.actor} | {line.stance or 'not stated'}")
    for doubt in drafted.doubts:
        print(f"  doubt at {doubt.span.start}..{doubt.span.end}: {doubt.quote}")


def write(service):
    print("created twice with one request id, written once")
    request = assessments.CreateAssessmentRequest(
        assessment_id="herring-talks",
        request_id="interop-1",
        assessment=assessments.Assessment(
            title="The herring talks",
            red_lines=[
                red_lines.RedLine(
                    id="twelve-miles",
                    title="Twelve miles",
                    actor="actors/norway",
                    stance="No trawler inside twelve miles",
                    posture=red_lines.POSTURE_PROHIBITS,
                )
            ],
        ),
    )
    first = service.CreateAssessment(request, timeout=DEADLINE_SECONDS)
    again = service.CreateAssessment(request, timeout=DEADLINE_SECONDS)
    same = "the same" if first.etag == again.etag else "another"
    print(f"  {first.name} {states.AssessmentState.Name(first.state)}, {same} etag")

    print("edited: one element changed, one added")
    name = f"{first.name}/redLines/twelve-miles"
    line = service.GetRedLine(red_lines.GetRedLineRequest(name=name), timeout=DEADLINE_SECONDS)
    edit = edit_of(first.name, line.etag)
    answer = service.EditAssessment(edit, timeout=DEADLINE_SECONDS)
    for element in answer.elements:
        print(f"  {getattr(element, element.WhichOneof('kind')).name}")
    line = service.GetRedLine(red_lines.GetRedLineRequest(name=name), timeout=DEADLINE_SECONDS)
    firmness = red_lines.DeclaredFirmness.Name(line.declared_firmness)
    print(f"  {line.title}: {firmness}, {line.stance}")

    print("the same edit with the etag of before")
    show_failure(lambda: service.EditAssessment(edit, timeout=DEADLINE_SECONDS))

    print("deleted")
    request = assessments.DeleteAssessmentRequest(name=first.name)
    gone = service.DeleteAssessment(request, timeout=DEADLINE_SECONDS)
    print(f"  {gone.name} {'has' if gone.HasField('delete_time') else 'has no'} delete time")
    request = assessments.ListAssessmentsRequest(states=[states.ASSESSMENT_STATE_DRAFT])
    drafts = service.ListAssessments(request, timeout=DEADLINE_SECONDS).assessments
    print(f"  drafts left: {len(drafts)}")


def edit_of(name, etag):
    firmer = edits.ElementEdit(
        upsert=elements.Element(
            red_line=red_lines.RedLine(
                id="twelve-miles", declared_firmness=red_lines.DECLARED_FIRMNESS_ABSOLUTE
            )
        ),
        update_mask=field_masks.FieldMask(paths=["declared_firmness"]),
        etag=etag,
    )
    added = edits.ElementEdit(
        upsert=elements.Element(
            risk=risks.Risk(
                id="arrests-at-sea",
                title="Arrests at sea",
                statement="Trawlers are arrested before a text is agreed",
                likelihood=likelihoods.Likelihood(low=0.2, high=0.4),
            )
        )
    )
    return edits.EditAssessmentRequest(name=name, edits=[firmer, added])


def fail(service):
    print("a filter that cannot be read")
    request = red_lines.ListRedLinesRequest(
        parent="assessments/-", filter="posture = SOMETIMES AND status = OLD"
    )
    show_failure(lambda: service.ListRedLines(request, timeout=DEADLINE_SECONDS))

    print("a draft with two faults, checked and not kept")
    assessment = assessments.Assessment(
        title="The capelin talks",
        red_lines=[red_lines.RedLine(title="A line of nobody's", actor="nobody")],
        risks=[
            risks.Risk(
                statement="The talks fail",
                likelihood=likelihoods.Likelihood(low=0.6, high=0.2),
            )
        ],
    )
    request = assessments.CreateAssessmentRequest(assessment=assessment, validate_only=True)
    show_failure(lambda: service.CreateAssessment(request, timeout=DEADLINE_SECONDS))

    print("a name that is not there")
    request = red_lines.GetRedLineRequest(name="assessments/ukraine-talks/redLines/none")
    show_failure(lambda: service.GetRedLine(request, timeout=DEADLINE_SECONDS))


def show_failure(call):
    try:
        call()
    except grpc.RpcError as error:
        print(f"  {error.code().name}: {error.details()}")
        for detail in rpc_status.from_call(error).details:
            show_detail(detail)
    else:
        sys.exit("the call was expected to fail")


def show_detail(detail):
    info = error_details.ErrorInfo()
    if detail.Unpack(info):
        print(f"  reason {info.reason} of {info.domain}")
        for key in sorted(info.metadata):
            print(f"  {key} = {info.metadata[key]}")
    request = error_details.BadRequest()
    if detail.Unpack(request):
        for violation in request.field_violations:
            print(f"  {violation.field}: {violation.reason}: {violation.description}")


if __name__ == "__main__":
    main(*sys.argv[1:])
